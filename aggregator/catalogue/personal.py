"""Words about a person where only a file's number belongs: they are refused, and never repeated.

In: the reference or the basis of a consent. Out: what it looks like, in a few words, or None.
What is written there is copied, logged and shown to all staff, so in doubt it is refused: the
number under which the records keep the form tells those who may know all they need.

Two words with capitals are no reason ("Signed Form" has them as well as a name). Nor is a day of
this century, for many offices number their files by it. Neither is looked for in names and
sentences that the website shows: these are public.
"""

import re
import unicodedata

MAX_LENGTH = 60
MAX_WORDS = 4

_NOTE = "a note about a person"
_DIAGNOSIS = "the code of a diagnosis"
_FORM = "the name or address of a file"
_MAIL = "a mail address"
_TELEPHONE = "a telephone number"
_BIRTH = "a date of birth"

_MEDICAL = re.compile(
    # The beginnings of words, English and Spanish, without accents.
    r"\b(?:diagnos|prognos|pronostic|cancer|tumou?r|leuk|leuc|lymphom|linfom|myelom|mielom|melanom"
    r"|sarcom|carcinom|blastom|metasta|chemo|quimio|radiation|radiotherap|radioterap|remission"
    r"|remision|relaps|recaid|terminal|hospice|pallia|paliativ|symptom|sintom|medicat|medicac"
    r"|surger|cirugi|disease|illness|enferm|biops|transplant|trasplant|stage\b|estadio\b|icd\b"
    r"|cie\b|mri\b)"
    # Those who are spoken of, and how.
    r"|\b(?:mother|father|sister|brother|daughter|wife|husband|widow|madre|padre|hermano|hermana"
    r"|hijo|hija|esposo|esposa|marido|viudo|viuda)s?\b"
    r"|\b(?:mrs?|ms|dr|sra?|srta|dona)\b\.?[ ]+[a-z]"
)
_PATTERNS = (
    # ICD-10 (WHO): a letter, two digits, a dot, and more. ICD-O: behaviour after a slash. TNM.
    (re.compile(r"\b[a-z][0-9][0-9ab]\.[0-9a-z]{1,4}\b"), _DIAGNOSIS),
    (re.compile(r"\b[89][0-9]{3}/[0-9]\b"), _DIAGNOSIS),
    (re.compile(r"\b[cpy]?t[0-4][a-d]?[ ]*n[0-3x][a-c]?[ ]*m[01x]\b"), _DIAGNOSIS),
    (
        re.compile(
            r"\.(?:pdf|docx?|odt|rtf|txt|xlsx?|csv|jpe?g|png|tiff?|heic|gif|eml|msg|zip|html?)\b"
        ),
        _FORM,
    ),
    (re.compile(r"://|\bwww\.|\\|^[~.]{0,2}/|[ ][~.]{0,2}/|\b[a-z]{4,}/[^ ]*[a-z]{3}"), _FORM),
    (re.compile(r"@"), _MAIL),
    (re.compile(r"\+[ ]?[0-9][0-9 ().-]{6,}"), _TELEPHONE),
    (
        # Ten digits as North America groups them, nine as Spain does.
        re.compile(
            r"(?<![0-9])(?:\([2-9][0-9]{2}\)[ ]?|[2-9][0-9]{2}[ .-])[0-9]{3}[ .-][0-9]{4}(?![0-9])"
            r"|(?<![0-9])[6-9][0-9]{2}(?:[ .][0-9]{3}){2}(?![0-9])"
            r"|(?<![0-9])[6-9][0-9]{2}(?:[ .][0-9]{2}){3}(?![0-9])"
        ),
        _TELEPHONE,
    ),
    (re.compile(r"\b(?:tel|tlf|tfno|phone|telefono|movil)\b[.:]?[ ]?[0-9+(]"), _TELEPHONE),
    (
        re.compile(
            r"\b(?:dob|d\.o\.b|born|birth|nacid|nacim)|\bf\.?[ ]?nac\b"
            r"|(?<![0-9])[0-9]{1,2}([./-])[0-9]{1,2}\1(?:19|20)?[0-9]{2}(?![0-9])"
            r"|(?<![0-9])19[0-9]{2}([./-])[0-9]{1,2}\2[0-9]{1,2}(?![0-9])"
        ),
        _BIRTH,
    ),
)


def looks_personal(text: str) -> str | None:
    """What it looks like; None: like a number or a short name."""
    plain = _plain(text)
    for pattern, what in _PATTERNS:
        if pattern.search(plain):
            return what
    long = len(text) > MAX_LENGTH or len(text.split()) > MAX_WORDS
    return _NOTE if long or _MEDICAL.search(plain) else None


def _plain(text: str) -> str:
    """Small letters without accents, blanks of all kinds as one."""
    bare = (sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return " ".join("".join(bare).casefold().split())
