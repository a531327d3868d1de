"""How much a post may be: everything that a parser is protected by, in one place."""

#: Of a whole file. A long report has 50 KB; what is over this is a mistake or an attack.
FILE_BYTES = 4 * 1024 * 1024
#: Of a file's path below the posts folder: a database has to index it.
PATH_BYTES = 1_000
#: Of the block between the two lines of dashes.
FRONT_MATTER_BYTES = 64 * 1024
#: Events and depth of the YAML in it; merge keys and aliases multiply work and are refused.
YAML_EVENTS = 2_000
YAML_DEPTH = 16
#: Of one field, after typing.
TITLE_CHARS = 1_000
DESCRIPTION_CHARS = 5_000
CODE_CHARS = 300
#: Categories, tags and authors of one post, each.
LIST_ITEMS = 100
ITEM_CHARS = 200
#: Depth of the HTML tree: below some 250 levels parsers and mail programs drop what they find without a word.
HTML_DEPTH = 100
#: Elements of the HTML tree.
HTML_NODES = 100_000
