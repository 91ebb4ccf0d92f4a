"""The Dirichlet and the Dirichlet-Multinomial in NumPy: what concentrations say about answers and votes.

Every function describes one question. Its answers are on the last axis and leading axes broadcast. ``sample_axis``
names an axis of the concentrations that holds samples (of a stochastic model, of an ensemble): probabilities are then
averaged over it, never concentrations, so that what the samples disagree about stays in the result.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
