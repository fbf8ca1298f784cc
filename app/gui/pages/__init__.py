"""The pages in the order of the work. To add one, write its file and name it here."""

from app.gui.pages.assessment import AssessmentPage
from app.gui.pages.plans import PlansPage
from app.gui.pages.platforms import PlatformsPage
from app.gui.pages.prediction import PredictionPage
from app.gui.pages.profile import ProfilePage
from app.gui.pages.proposal import ProposalPage
from app.gui.pages.requirement import RequirementPage

PAGES = (RequirementPage, ProfilePage, AssessmentPage, PredictionPage, PlansPage, ProposalPage, PlatformsPage)
