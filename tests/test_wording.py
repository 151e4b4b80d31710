"""The rules of texts as people write them: pure functions, before anything is looked up."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolegraph.search import codes, folding, products, wording


@pytest.mark.parametrize(
    ("text", "name", "without"),
    [
        ("Python (primary)", "Python", "bracket"),
        ("5 years of Java", "Java", "level"),
        ("Java (5+ yrs)", "Java", "bracket"),
        ("Java - advanced", "Java", "level"),
        ("Java – 3 years", "Java", "level"),
        ("Excel: expert", "Excel", "level"),
        ("Advanced: Excel", "Excel", "level"),
        ("Advanced Excel", "Excel", "level"),
        ("Excel skills", "Excel", "level"),
        ("Strong knowledge of SQL", "SQL", "level"),
        ("minimum 3 years of experience with AWS", "AWS", "level"),
        ("Proficient in SQL", "SQL", "level"),
        ("Python 4/5", "Python", "level"),
        ("Python ★★★★☆", "Python", "level"),
        ("English - C1", "English", "level"),
        ("French: native", "French", "level"),
        ("Python 3.11", "Python", "version"),
        ("Python3", "Python", "version"),
        ("Java 8+", "Java", "version"),
        ("Office 2019", "Office", "version"),
        ("Angular v17", "Angular", "version"),
        ("Windows 7/8/10", "Windows", "version"),
        ("Senior Java Developer", "Java Developer", "seniority"),
        ("Software Engineer II", "Software Engineer", "seniority"),
        ("Verkäufer/in", "Verkäufer", "gender"),
        ("Verkäufer/in", "Verkäuferin", "gender"),
        ("Verkäufer*in", "Verkäufer", "gender"),
        ("Lehrer(in)", "Lehrerin", "gender"),
        ("MitarbeiterInnen", "Mitarbeiter", "gender"),
        ("infirmier(e)", "infirmier", "gender"),
    ],
)
def test_a_text_is_read_without_what_is_no_part_of_the_name(text: str, name: str, without: str) -> None:
    assert (name, (without,)) in [(reading.text, reading.without) for reading in wording.readings(text)]


@pytest.mark.parametrize(
    "text",
    ["C++", "C#", ".NET", "Node.js", "R", "ISO 9001", "driver licence B", "working with children", "deep learning", "plus size model"],
)
def test_a_name_has_no_other_reading(text: str) -> None:
    assert [reading.text for reading in wording.readings(text)] == [text]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("1. Python", "Python"),
        ("2) Docker", "Docker"),
        ("1.Python", "Python"),
        ("a) Python", "Python"),
        ("e. coli", "e. coli"),
        ("• Docker", "Docker"),
        ("- [x] SQL", "SQL"),
        ("1. .NET", ".NET"),
        ("“Java”", "Java"),
        ("Java Developer (m/f/d)", "Java Developer"),
        ("Java Developer (m/w/d)", "Java Developer"),
        ("Java Developer (all genders)", "Java Developer"),
        ("Java Developer m/w/d", "Java Developer"),
        ("Infirmier H/F", "Infirmier"),
        ("3D modelling", "3D modelling"),
        ("C/C++", "C/C++"),
        ("audio I/O", "audio I/O"),
        ("-", "-"),
    ],
)
def test_a_text_is_cleaned_of_numbering_and_genders(text: str, plain: str) -> None:
    assert wording.cleaned(text) == plain


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("SQL and Java", ("SQL", "Java")),
        ("HTML/CSS", ("HTML", "CSS")),
        ("Word, Excel & Outlook", ("Word", "Excel", "Outlook")),
        ("C/C++", ("C", "C++")),
        ("C++ or C#", ("C++", "C#")),
        ("Cloud (AWS, Azure)", ("Cloud", "AWS", "Azure")),
        ("Programming languages: Python, Java", ("Python", "Java")),
        ("Python", ()),
        ("Verkäufer/in", ()),
    ],
)
def test_the_names_that_a_text_joins(text: str, names: tuple[str, ...]) -> None:
    assert wording.parts(text) == names


def test_a_list_is_divided_outside_of_brackets() -> None:
    pieces = wording.pieces("Python, Java (8, 11); C#\nGit\r\nat least 2,5 years")
    assert [piece.strip() for piece in pieces if piece.strip()] == ["Python", "Java (8, 11)", "C#", "Git", "at least 2,5 years"]


PIECES = ("senior", "years", "of", "5", "+", "-", "(", ")", "/", ":", "and", "&", ",", "Java", "in", "knowledge", "1.", "version")


@given(st.text(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=60).map(" ".join))
@settings(max_examples=200, deadline=None)
def test_readings_only_leave_out_and_are_few(text: str) -> None:
    readings = wording.readings(text)
    assert 1 <= len(readings) <= wording.MOST
    assert readings[0].text == wording.cleaned(text)
    assert len({reading.text for reading in readings}) == len(readings)
    assert all(len(reading.text) <= len(" ".join(text.split())) for reading in readings)
    assert sum(map(len, wording.parts(text))) <= len(text)


@pytest.mark.parametrize(
    ("text", "scheme", "written"),
    [
        ("15-1132.00", "", ("15-1132.00",)),
        ("15-1252", "", ("15-1252", "15-1252.00")),
        ("SOC 15-1252", "onet", ("15-1252", "15-1252.00")),
        ("O*NET-SOC: 15-1252.00", "onet", ("15-1252.00",)),
        ("onet:15-1252", "onet", ("15-1252", "15-1252.00")),
        ("C2512", "isco", ("2512", "C2512")),
        ("ISCO 2512", "isco", ("2512",)),
        ("ISCO-08 2512", "isco", ("2512",)),
        ("2512.4", "", ("2512.4",)),
        ("S1.2.3", "", ("S1.2.3",)),
        ("NACE 62.01", "nace", ("62.01",)),
        ("ISCED-F 0613", "isced", ("0613",)),
        ("2.B.1.a", "", ("2.B.1.a",)),
    ],
)
def test_a_text_that_is_a_code(text: str, scheme: str, written: tuple[str, ...]) -> None:
    assert codes.read(text) == codes.Code(scheme, written)


@pytest.mark.parametrize("text", ["C4", "3D", "k8s", "S3", "H2O", "5S", "ISO 9001", "Python 3.11", "C#", "soccer", "nace", ""])
def test_a_name_with_digits_is_no_code(text: str) -> None:
    assert codes.read(text) is None


def test_other_addresses_of_a_thing() -> None:
    onet = "https://www.onetonline.org/link/summary/15-1252.00"
    esco = "http://data.europa.eu/esco/skill/abc"
    for text in (onet.replace("https", "http"), f"{onet}/", onet.replace("www.", ""), "onetonline.org/link/details/15-1252", f"<{onet}>"):
        assert onet in codes.addresses(text), text
    for text in ("https://data.europa.eu/esco/skill/abc", f"{esco}/", f"https://esco.ec.europa.eu/en/classification/skill?uri={esco}"):
        assert esco in codes.addresses(text), text
    for text in ("Excel", "http://[", "", "role:ai-architect", "mailto:a@b.org"):
        assert codes.addresses(text) == ()


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_code_or_not_and_is_no_other_address_of_itself(text: str) -> None:
    codes.read(text)
    assert text not in codes.addresses(text)


NAMES = [
    *("microsoft excel", "microsoft word", "microsoft access"),
    *("microsoft visual studio", "microsoft visual basic", "microsoft visual foxpro"),
    *("dassault systemes catia", "dassault systemes solidworks", "dassault systemes delmia", "dassault abaqus"),
    *("the mathworks matlab", "the mathworks simulink", "the mathworks polyspace", "the gimp"),
    *("tableau", "slack technologies slack"),
]


@pytest.mark.parametrize(
    ("start", "maker"),
    [
        ("microsoft", ("microsoft",)),
        ("dassault", ("dassault", "systemes")),
        ("the mathworks", ("the", "mathworks")),
        ("tableau", ()),
        ("slack", ()),
    ],
)
def test_a_maker_is_what_several_names_begin_with(start: str, maker: tuple[str, ...]) -> None:
    assert products.maker(start, NAMES) == maker


@pytest.mark.parametrize(
    ("label", "variants"),
    [
        ("Hypertext markup language HTML", ["Hypertext markup language", "HTML"]),
        ("Extensible markup language XML", ["Extensible markup language", "XML"]),
        ("JavaScript Object Notation JSON", ["JavaScript Object Notation", "JSON"]),
        ("Oracle Application Express APEX", ["Oracle Application Express", "Oracle APEX", "APEX"]),
        ("Computer aided design CAD software", ["Computer aided design software", "CAD software"]),
        ("SAP software", ["SAP"]),
        ("Microsoft Office software", ["Microsoft Office"]),
        ("Sales software", []),
        ("word processing software", []),
        ("Adobe Acrobat DC", []),
        ("Microsoft Windows XP", []),
        (".NET Developer", ["NET Developer"]),
    ],
)
def test_a_label_with_its_short_form_is_found_by_either(label: str, variants: list[str]) -> None:
    assert list(folding.variants(label, "en")) == variants
    assert folding.may_vary(label) or not variants
