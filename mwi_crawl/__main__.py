"""`python -m mwi_crawl` is `mwi-crawl`."""

from mwi_crawl.cli import main

if __name__ == "__main__":
    main()
