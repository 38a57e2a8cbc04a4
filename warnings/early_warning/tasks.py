"""Jobs of early warning."""

from procrastinate.contrib.django import app

from early_warning.morning import morning


@app.periodic(cron="20 * * * *")
@app.task(name="early_warning.morning", queueing_lock="early_warning.morning")
def every_morning(timestamp: int) -> int:
    """The morning of the day, at the first turn of the clock after midnight or after the machine came back; the
    number of acts. Every later turn of that day finds the day finished and does nothing."""
    return morning()
