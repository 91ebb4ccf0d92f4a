from .figure import plot_loss as plot_loss
from .values import loss_values as loss_values
from .words import describe_loss as describe_loss
