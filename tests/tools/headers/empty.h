/* nothing
