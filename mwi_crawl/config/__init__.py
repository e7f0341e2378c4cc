"""Settings: command line over environment over `.env` over config.toml over the defaults, typed, checked and frozen.

pydantic-settings merges the layers and pydantic checks the result. This package says which settings there are, tells a
person every problem together with its place, and knows where each value came from:

    kinds      what a value may be: an address, a path, a list …
    rankings   the parameters of the rankings
    tables     which settings there are: the tables of config.toml, and Config, which holds them all
    secrets    the keys: in the environment or in `.env`, never in config.toml; only `Config.reveal` gives them out
    files      reading config.toml, `.env` and a file that holds a key
    layers     what each place says, and on which line or under which name
    checking   every problem, with its place and what may have been meant
    loading    load: all of that in its order
    showing    every setting with its value and the place that it came from, and config.toml with the sources it lacks
"""

from mwi_crawl.config.loading import defaults, load
from mwi_crawl.config.secrets import SECRETS
from mwi_crawl.config.showing import Row, completed, origins
from mwi_crawl.config.tables import Config, SourceSettings

__all__ = ["SECRETS", "Config", "Row", "SourceSettings", "completed", "defaults", "load", "origins"]
