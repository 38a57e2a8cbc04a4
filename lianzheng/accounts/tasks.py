"""Jobs of the accounts."""

from procrastinate.contrib.django import app

from lianzheng.accounts.actions import clear_ended


@app.periodic(cron="50 * * * *")
@app.task(name="accounts.clear_ended", queueing_lock="accounts.clear_ended")
def clear_every_hour(timestamp: int) -> int:
    """Clear away sessions that ended and failures that no longer count."""
    return clear_ended(by=None)
