"""Ensembles: combine many models' predictions, average weights along a run, and measure what either is worth."""

from .averaging import EMA, SWA, average_weights, refresh_batch_norm
from .bagging import Bootstrap, bootstrap, train_members
from .calibration import Reliability, brier, ece, nll, reliability
from .diversity import Pairwise, Spread, disagreement, error_correlation, mean_variance, spread, variance_of_mean
from .many import fit_many
from .montecarlo import MonteCarlo, monte_carlo, mutual_information, predictive_entropy
from .snapshots import SnapshotEnsemble, snapshots
from .stacked import StackedNetworks
from .voting import majority_vote, mean_logit, mean_probability, predict_members, score_members

__all__ = [
    "EMA",
    "SWA",
    "Bootstrap",
    "MonteCarlo",
    "Pairwise",
    "Reliability",
    "SnapshotEnsemble",
    "Spread",
    "StackedNetworks",
    "average_weights",
    "bootstrap",
    "brier",
    "disagreement",
    "ece",
    "error_correlation",
    "fit_many",
    "majority_vote",
    "mean_logit",
    "mean_probability",
    "mean_variance",
    "monte_carlo",
    "mutual_information",
    "nll",
    "predict_members",
    "predictive_entropy",
    "refresh_batch_norm",
    "reliability",
    "score_members",
    "snapshots",
    "spread",
    "train_members",
    "variance_of_mean",
]
