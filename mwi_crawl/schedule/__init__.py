"""Schedules: when to run what, as text that a person pastes into the scheduler of their system. Pure.

cadences   what is run when, staggered, because runs of one database exclude each other
quoting    how a path is written so that the place that reads it reads the same path
printing   the text: a crontab, systemd's units, launchd's agents, tasks of Windows
"""

from mwi_crawl.schedule.cadences import Cadence, Times, cadences
from mwi_crawl.schedule.printing import FORMS, Place, text

__all__ = ["FORMS", "Cadence", "Place", "Times", "cadences", "text"]
