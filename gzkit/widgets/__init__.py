"""Instruments for JupyterLab: controls over the figures of `gzkit.plots`, with no arithmetic of their own."""

import lazy_loader

try:
    import anywidget  # noqa: F401
    import ipywidgets  # noqa: F401
except ImportError as error:
    raise ImportError(
        "gzkit's explorers need ipywidgets and anywidget: run 'pip install ipywidgets anywidget', "
        "then restart the notebook's kernel"
    ) from error

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
