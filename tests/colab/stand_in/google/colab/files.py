"""`files.download` starts the browser's download in Colab; here the call is written down."""

downloaded: list[str] = []


def download(filename: str) -> None:
    """Note what would be offered; as in Colab, a file that is not there is an error."""
    open(filename, "rb").close()
    downloaded.append(filename)
