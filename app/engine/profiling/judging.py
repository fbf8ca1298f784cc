"""From what was measured to what it means: class, bottleneck, advice, dependence, stragglers, nodes."""

from msgspec.structs import replace

from app.engine.model.platforms import Platform
from app.engine.model.profiles import Profile
from app.engine.model.traces import Trace
from app.engine.model.workloads import Workload
from app.engine.profiling.advice import advise
from app.engine.profiling.cluster import find_stragglers, summarise_nodes
from app.engine.profiling.dependence import dependences
from app.engine.profiling.figures import gather
from app.engine.profiling.verdict import judge_class


def judged(profile: Profile, trace: Trace, platform: Platform | None, workload: Workload | None) -> Profile:
    """Return the profile with its verdict.

    profile   all that was measured; class, bottleneck, advice, dependence, stragglers and nodes are still to be found
    workload  how it was run; None = unknown, so that advice on ZeRO, batch and precision is not given
    """
    window = profile.window_ns
    stragglers = find_stragglers(trace, window, profile.time_shares)
    profile = replace(profile, stragglers=stragglers, nodes=summarise_nodes(trace, profile.statistics))
    figures = gather(profile, trace, platform, workload)
    found = judge_class(figures)
    return replace(
        profile,
        load_class=found.load,
        class_scores=found.scores,
        bottleneck=found.bottleneck,
        advice=advise(figures, found.load),
        dependence=dependences(figures, found.scores),
    )
