"""The pages in the order of the work, and those that are no stage of it. To add one, write its file and name it here."""

from app.gui.pages.assessment import AssessmentPage
from app.gui.pages.evaluation import EvaluationPage
from app.gui.pages.plans import PlansPage
from app.gui.pages.platforms import PlatformsPage
from app.gui.pages.prediction import PredictionPage
from app.gui.pages.profile import ProfilePage
from app.gui.pages.proposal import ProposalPage
from app.gui.pages.requirement import RequirementPage

PAGES = (RequirementPage, ProfilePage, AssessmentPage, PredictionPage, PlansPage, ProposalPage, PlatformsPage)
FURTHER = (EvaluationPage,)
"""Pages that are reached from others: not in the rail, whose entries are the stages of the work."""
