"""The rules, one folder each: rule.py, page.en.md, page.ko.md."""
