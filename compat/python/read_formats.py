"""Reads exports back with readers that are not ours: Python's csv and json, the CEF parser pycef, and OCSF's own schema.

`read_formats.py FOLDER` compares the exports in it with what `expected.jsonl` says that they hold: a line a row."""

import csv
import json
import re
import sys
from pathlib import Path

import jsonschema
import ocsf_json_schema
import pycef

COLUMNS = "Timestamp,Name,Login,Event,Description,SourceIP,RequireOrgAdmin,RequireStackAdmin,AuthenticationFailure"
ESCAPES = {"\\\\": "\\", "\\=": "=", "\\n": "\n", "\\r": "\r", "\\|": "|"}


def unescaped(text):
    """pycef takes a line apart and leaves the escapes in its parts."""
    return re.sub(r"\\[\\=nr|]", lambda found: ESCAPES[found.group()], text)


def lines(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file:
            yield line.removesuffix("\n")


def same(number, what, found, expected):
    if found != expected:
        sys.exit(f"row {number}: {what} is {found!r}, not {expected!r}")


def check_csv(folder, name, header):
    with open(folder / name, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, strict=True)
        if header is not None:
            same(0, "the header", ",".join(rows.fieldnames), header)
        count = 0
        for row, line in zip(rows, lines(folder / "expected.jsonl")):
            expected = json.loads(line)
            count += 1
            for key in ("Name", "Login", "Event", "Description", "SourceIP", "Timestamp"):
                same(count, key, row[key], expected[key])
            if "Leaf" in row:
                openings = row["Openings"].split("\t")
                same(count, "a fourth of the openings", len(openings) % 4, 0)
                actor = json.loads(openings[openings.index("actor") + 1])
                same(count, "the login of the opening", actor["login"], expected["Login"])
                same(count, "the id of the leaf", json.loads(row["Leaf"])["id"], row["EventID"])
        same(count, "a row too many", next(rows, None), None)
        return count


def check_cef(folder):
    count = 0
    for line, expected in zip(lines(folder / "rows.cef"), lines(folder / "expected.jsonl")):
        found, expected = pycef.parse(line), json.loads(expected)
        count += 1
        same(count, "the vendor", found["DeviceVendor"], "Pulumi")
        same(count, "the name", unescaped(found["DeviceEventClassID"]), expected["Event"])
        same(count, "the description", unescaped(found["Name"]), expected["Description"])
        for key, column in (("suser", "Login"), ("src", "SourceIP")):
            same(count, key, unescaped(found.get(key, "")), expected[column])
        same(count, "the token", found["tokenID"], expected["TokenID"])
    return count


def check_json(folder, name, read):
    count = 0
    with open(folder / name, encoding="utf-8") as file:
        # `splitlines` also cuts at the separators of Unicode, as many readers do.
        for line, expected in zip(file.read().splitlines(), lines(folder / "expected.jsonl")):
            found, expected = read(json.loads(line)), json.loads(expected)
            count += 1
            for key, value in found.items():
                same(count, f"{key} of {name}", value, expected[key])
    return count


def check_schema(folder, version, name):
    """A schema is slow: some rows must do."""
    schema = ocsf_json_schema.OcsfJsonSchema(ocsf_json_schema.get_ocsf_schema(version))
    schema = ocsf_json_schema.OcsfJsonSchemaEmbedded(schema).get_class_schema(name)
    validator = jsonschema.Draft202012Validator(schema)
    for number, line in zip(range(1, 201), lines(folder / "rows.ocsf")):
        for error in validator.iter_errors(json.loads(line)):
            sys.exit(f"row {number}: {list(error.absolute_path)}: {error.message}")


def main():
    folder = Path(sys.argv[1])
    print("csv", check_csv(folder, "rows.csv", COLUMNS))
    print("cef", check_cef(folder))
    print("csv-full", check_csv(folder, "full.csv", None))
    print("ndjson", check_json(folder, "rows.ndjson", lambda row: {
        "Login": row["actor"]["names"]["login"],
        "Name": row["actor"]["names"]["name"],
        "Description": row["description"],
        "SourceIP": row["client"]["addr"],
        "EventID": row["leaf"]["id"],
    }))
    check_schema(folder, "1.3.0", "api_activity")
    print("ocsf", check_json(folder, "rows.ocsf", lambda row: {
        "Login": row["actor"]["user"]["name"],
        "Name": row["actor"]["user"]["full_name"],
        "Description": row["message"],
        "EventID": json.loads(row["raw_data"])["id"],
    }))


if __name__ == "__main__":
    main()
