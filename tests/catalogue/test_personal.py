"""A reference is a number, and nothing about a person."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.catalogue.personal import looks_personal


@pytest.mark.parametrize(
    "reference",
    [
        "PF-2026-014",
        "PF/2026/014",
        "2026/014",
        "PF #2",
        "PF-2026-05-01",
        "form of 2026-05-01",
        "authorization",
        "Signed Authorization",
        "HIPAA authorization",
        "written consent",
        "consent of guardian",
        "autorización escrita",
        "expediente 2026/014",
        "Ref. 12.3",
        "R-2026.014",
        "C-2026-50",
        "Drive 3",
        "0012345678",
        "C50",
    ],
)
def test_what_records_are_numbered_by_is_fine(reference: str) -> None:
    assert looks_personal(reference) is None


@pytest.mark.parametrize(
    ("text", "like"),
    [
        ("C50.9", "code of a diagnosis"),
        ("c50.911 left", "code of a diagnosis"),
        ("D05.1", "code of a diagnosis"),
        ("8500/3", "code of a diagnosis"),
        ("T2 N0 M0", "code of a diagnosis"),
        ("pT1cN1M0", "code of a diagnosis"),
        ("ICD C50", "note about"),
        ("CIE C50", "note about"),
        ("form.pdf", "file"),
        ("Consent Smith.DOCX", "file"),
        ("https://files.example.org/1", "file"),
        ("www.example.org", "file"),
        (r"S:\consents\14", "file"),
        ("/srv/consents/14", "file"),
        ("consents/smith/form", "file"),
        ("scan ./14", "file"),
        ("anna@example.org", "mail address"),
        ("+1 617 555 0100", "telephone"),
        ("(617) 555-0100", "telephone"),
        ("617-555-0100", "telephone"),
        ("612 345 678", "telephone"),
        ("912 34 56 78", "telephone"),
        ("tel 5550100", "telephone"),
        ("teléfono 12", "telephone"),
        ("1961-05-12", "date of birth"),
        ("12/05/1961", "date of birth"),
        ("5.12.61", "date of birth"),
        ("DOB 2016-05-12", "date of birth"),
        ("born in May", "date of birth"),
        ("nacida en mayo", "date of birth"),
        ("breast cancer", "note about"),
        ("CÁNCER de mama", "note about"),
        ("Leucemia", "note about"),
        ("quimio 2", "note about"),
        ("estadio II", "note about"),
        ("stage II", "note about"),
        ("her sister", "note about"),
        ("su hermana", "note about"),
        ("Mrs. Example", "note about"),
        ("Sra. Ejemplo", "note about"),
        ("spoke to them on the phone", "note about"),
        ("they agreed to all of it", "note about"),
        ("PF-" * 21, "note about"),
    ],
)
def test_what_is_about_a_person_is_not(text: str, like: str) -> None:
    assert like in str(looks_personal(text))


@given(
    st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    st.integers(0, 99),
    st.text("0123456789", min_size=1, max_size=3),
    st.sampled_from(["{}", "PF {}", "({})", "{} left", "dx: {}", "{}, {}"]),
)
def test_no_code_of_a_diagnosis_gets_through(
    letter: str, group: int, detail: str, around: str
) -> None:
    code = f"{letter}{group:02}.{detail}"
    assert looks_personal(around.replace("{}", code)) is not None


@given(
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d.%m.%y"]),
)
def test_no_day_as_people_write_it_gets_through(day: date, written: str) -> None:
    assert looks_personal(f"form {day.strftime(written)}") is not None


@given(st.text("23456789", min_size=10, max_size=10), st.sampled_from([" ", ".", "-"]))
def test_no_grouped_telephone_number_gets_through(digits: str, sign: str) -> None:
    number = sign.join((digits[:3], digits[3:6], digits[6:]))
    assert looks_personal(f"call {number}") is not None


@given(st.emails())
def test_no_mail_address_gets_through(address: str) -> None:
    assert looks_personal(address) is not None


@given(
    st.integers(2000, 2099), st.integers(0, 99999), st.sampled_from(["PF-{}-{}", "{}/{}", "R{}.{}"])
)
def test_numbers_of_files_get_through(year: int, number: int, form: str) -> None:
    assert looks_personal(form.format(year, number)) is None


@given(st.text())
def test_anything_is_answered(text: str) -> None:
    assert looks_personal(text) is None or looks_personal(text)
