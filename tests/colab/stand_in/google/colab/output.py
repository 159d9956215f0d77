"""anywidget calls this in Colab, so that its figures are shown."""


def enable_custom_widget_manager() -> None:
    """Nothing to do: no browser looks on."""
