"""Pictures inside the text that shows them, so that a page needs no other file."""

from base64 import b64encode


def data_address(data, kind="png"):
    """An image file as an address for HTML, SVG and CSS.

    Parameters
    ----------
    data : bytes
        Of the file.
    kind : {"png", "jpeg"}

    Returns
    -------
    str

    Examples
    --------
    >>> data_address(b"gz")
    'data:image/png;base64,Z3o='
    """
    return f"data:image/{kind};base64,{b64encode(data).decode()}"
