"""Compiled codes of high-performance computing, which know no deep-learning framework."""

from app.engine.assessing._needs import words_of
from app.engine.model.workloads import Workload

CODES = (
    "openfoam", "gromacs", "lammps", "wrf", "namd", "amber", "vasp", "cp2k", "quantum-espresso", "abinit", "siesta", "ansys", "fluent",
    "starccm", "star-ccm+", "comsol", "abaqus", "nwchem", "gaussian", "hpl", "hpcg", "hpl-mxp", "nektar++", "su2", "palabos", "mpas",
    "icon", "roms", "fvcom", "cesm", "specfem3d",
)  # fmt: skip
_KNOWN = {code: code for code in CODES}


def is_hpc_code(workload: Workload) -> bool:
    """Tell whether the application is such a code: by its engine, or an HPC task that names no framework."""
    engine, _ = words_of(workload.engine, _KNOWN)
    return engine in CODES or (workload.task == "hpc" and not workload.framework.strip())
