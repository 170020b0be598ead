"""The generated parts of docs/*/reference, made from the code: `make reference` runs this package.

A page holds prose written by hand and regions between two marks, which the package rewrites:

    <!-- made by scripts/reference: settings -->
    ...
    <!-- end -->

Tables come from live objects: the schema of the settings, the command line, the errors, the metrics, the
structs of the JSON documents, the rules. Texts that the code does not have are in scripts/reference_en.toml, and
every text in Korean is in scripts/reference_ko.toml.
"""
