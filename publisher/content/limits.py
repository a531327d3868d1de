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
#: Attributes of one element, each of which a parser compares with all before it.
HTML_ATTRIBUTES = 5_000
#: References such as &amp; in it, but for brackets and quotation marks: a text with very many is slow to sanitise.
HTML_REFERENCES = 100_000
#: Liquid tags and outputs of one body, and how deep they may stand in each other.
LIQUID_TAGS = 5_000
LIQUID_DEPTH = 30
#: What stands in them, in characters, of which each counts no more than so many.
LIQUID_CHARS = 300_000
TAG_CHARS = 2_000
#: What one body may ask for: nodes rendered, loops counted in full, and a share of every value a filter touches.
LIQUID_STEPS = 100_000
#: Weight of one value, and of everything assigned: characters, and 16 for each item of a list.
LIQUID_VALUE = 1_000_000
LIQUID_NAMES = 4_000_000
#: Characters of one expression; brackets, `and`s and `or`s in it, which the parser recurses or looks ahead for.
EXPRESSION_CHARS = 2_000
EXPRESSION_DEPTH = 40
#: What is reported of the Liquid of one body.
LIQUID_REPORTS = 200
#: Of one file below `_data`, and of all of them.
DATA_BYTES = 4 * 1024 * 1024
DATA_TOTAL_BYTES = 16 * 1024 * 1024
DATA_FILES = 1_000
#: Of folders below `_data`, and of what stands in a file.
DATA_DEPTH = 24
#: Of one YAML file below `_data`.
DATA_EVENTS = 500_000
#: What rendering one body may take: processor time, and memory beyond what the program has already.
RENDER_SECONDS = 5
RENDER_BYTES = 512 * 1024 * 1024
