"""IMDb's files: downloaded, read in one pass each, and of them kept what is about our films and their people.

    download  fetches the files; beside mwi_crawl.fetch the only owner of aiohttp's client
    partial   a file that is not whole yet: what is there, and how to go on with it
    tsv       rows of a gzipped file, those about given ids
    loading   what is kept, file by file, each in one transaction

What is in the files is said by `mwi_crawl.sources.imdb_datasets`.
"""
