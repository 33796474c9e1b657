"""Makes tests/peers/tables.json: tables and what Python's csv module reads in them, for tests/cpu/table/peers.rs.

    python3 tests/peers/make_tables.py > tests/peers/tables.json

No package is needed. The tables have the columns text and label, with fields of quotes, delimiters and line ends in many
forms, in several encodings.
"""

import csv
import io
import json
import random

R = random.Random(5)
WORDS = ["good", "film", "say", "it's", "", "a  b", "x=1", "café", "“no”"]
KOREAN = ["영화가", "정말", "재미있다", "별로", "배우", "\"최고\""]
JAPANESE = ["映画は", "とても", "面白い", "つまらない", "\"最高\""]
CHINESE = ["电影", "非常", "好看", "无聊", "“演员”"]
WESTERN = ["café", "naïve", "“no”", "déjà vu", "plain"]
ENDS = ["\n", "\r\n", "\r"]


def text(words, marks):
    parts = [R.choice(words) + R.choice(marks) for _ in range(R.randint(1, 5))]
    return " ".join(parts).strip()


def quoted(value, delimiter, always):
    special = any(mark in value for mark in (delimiter, '"', "\r", "\n"))
    return '"' + value.replace('"', '""') + '"' if always or special else value


def rows_of(content, delimiter, quoting):
    """What Python reads, rows that are empty left out."""
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, quoting=quoting, strict=True)
    return [row for row in reader if row]


def case(name, content, rows, encoding="utf-8", given=None, mark=b""):
    return {
        "name": name,
        "bytes": (mark + content.encode(encoding)).hex(),
        "encoding": given,
        "rows": [[value.strip(" \t\n\r\x0b\x0c"), int(label)] for value, label in rows],
    }


def around(count):
    """Quotes around fields, as csv.QUOTE_MINIMAL and QUOTE_ALL write them and as people mix them."""
    for _ in range(count):
        delimiter, name = R.choice([(",", "r.csv"), ("\t", "r.tsv")])
        end = R.choice(ENDS)
        always = R.choice([True, False])
        marks = ["", "!", '"', ",", "\n", "\r\n", "\t", '""', ", "]
        lines = ["text" + delimiter + "label"]
        for n in range(R.randint(4, 12)):
            if R.random() < 0.1:
                lines.append("")
            lines.append(quoted(text(WORDS, marks), delimiter, always or R.random() < 0.3) + delimiter + str(n % 2))
        content = end.join(lines) + R.choice([end, ""])
        yield case(name, content, rows_of(content, delimiter, csv.QUOTE_MINIMAL)[1:])


def plain(count):
    """Tables with tabs in which quotes are part of the texts; the first text has one that nothing closes."""
    for _ in range(count):
        end = R.choice(ENDS)
        marks = ["", '"', ",", '""', "'"]
        lines = ["text\tlabel", '"' + R.choice(WORDS[:3]) + " film\t1"]
        lines += [R.choice(["", '"']) + text(WORDS, marks) + "\t" + str(n % 2) for n in range(R.randint(4, 12))]
        content = end.join(lines) + R.choice([end, ""])
        yield case("r.tsv", content, rows_of(content, "\t", csv.QUOTE_NONE)[1:])


def encoded(count):
    for encoding, given, words, mark in [
        ("cp949", "cp949", KOREAN, b""),
        ("euc_kr", "euc-kr", KOREAN, b""),
        ("shift_jis", "Shift_JIS", JAPANESE, b""),
        ("gb18030", "gb18030", CHINESE, b""),
        ("cp1252", "windows-1252", WESTERN, b""),
        ("utf-16-le", None, KOREAN + WESTERN, b"\xff\xfe"),
        ("utf-16-be", None, JAPANESE + WESTERN, b"\xfe\xff"),
        ("utf-16-le", "utf-16", CHINESE, b"\xff\xfe"),
        ("utf-16-be", "utf-16be", CHINESE, b""),
        ("utf-8", None, KOREAN + WESTERN, b"\xef\xbb\xbf"),
    ]:
        for _ in range(count):
            end = R.choice(ENDS)
            lines = ["text,label"]
            for n in range(R.randint(4, 9)):
                lines.append(quoted(text(words, ["", ",", "\n"]), ",", False) + "," + str(n % 2))
            content = end.join(lines) + end
            yield case("r.csv", content, rows_of(content, ",", csv.QUOTE_MINIMAL)[1:], encoding, given, mark)


def main():
    print("[")
    cases = [*around(60), *plain(40), *encoded(3)]
    print(",\n".join(json.dumps(one, ensure_ascii=False) for one in cases))
    print("]")


main()
