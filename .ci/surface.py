"""Prints what `writeback-host` offers to programs, as its documentation has it: declarations, methods, traits.

`surface.py DOC` reads the pages that `cargo doc` wrote below `DOC/writeback_host`.
"""

import pathlib
import sys
from html.parser import HTMLParser


class Page(HTMLParser):
    """The declaration of one item, and the heads of its methods and of the traits that it implements by its own code."""

    VOID = {"img", "br", "hr", "input", "meta", "link", "wbr", "rustdoc-topbar"}

    def __init__(self):
        super().__init__()
        self.lines, self.taken, self.depth, self.skipped, self.over = [], None, 0, 0, False

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        classes = (attrs.get("class") or "").split()
        if attrs.get("id") in ("synthetic-implementations", "blanket-implementations", "implementors"):
            self.over = True
        if self.over or tag in self.VOID:
            return
        if self.taken is not None:
            self.depth += 1
            if "where" in classes:
                self.taken.append(" ")
            # Links to sources, and the fold of long declarations, are no part of them.
            if self.skipped or "src" in classes or tag == "summary":
                self.skipped += 1
        elif "item-decl" in classes or ("code-header" in classes and tag in ("h3", "h4")):
            self.taken, self.depth = ["" if tag == "pre" else "    "], 1

    def handle_endtag(self, tag):
        if self.taken is None or tag in self.VOID:
            return
        self.depth -= 1
        self.skipped = max(0, self.skipped - 1)
        if self.depth == 0:
            self.lines.append("".join(self.taken).rstrip())
            self.taken = None

    def handle_data(self, data):
        if self.taken is not None and not self.skipped:
            self.taken.append(data)


def main():
    root = pathlib.Path(sys.argv[1]) / "writeback_host"
    kinds = ("struct.", "enum.", "trait.", "fn.", "type.")
    pages = sorted(page for page in root.rglob("*.html") if page.name.startswith(kinds))
    # A page that only leads elsewhere has no declaration.
    for path in pages:
        page = Page()
        page.feed(path.read_text())
        if not page.lines or not page.lines[0].strip():
            continue
        module = "::".join(("writeback_host", *path.parent.relative_to(root).parts))
        print(f"// {module}::{path.name.split('.')[1]}")
        print(page.lines[0].replace("]pub", "]\npub").replace("]    ", "] "))
        # A trait's methods are in its declaration already.
        if path.name.startswith(("struct.", "enum.")):
            for head in (" ".join(line.split()) for line in page.lines[1:]):
                if head.startswith("pub ") or (head.startswith("impl") and " for " in head and "Structural" not in head):
                    print(f"    {head}")
        print()


main()
