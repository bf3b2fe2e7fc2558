"""The types that flow through the house, all immutable; no behaviour beyond small properties.

``Source → Document → RawPost → Post → Candidate → Widget → OutputFile``: each arrow is one
module. What comes from outside is raw and untrusted up to ``RawPost``; from ``Post`` on, text is
plain text and HTML is ``SafeHtml``. Times are aware and in UTC. ``now`` is always an argument.
"""

from aggregator.model.history import (
    Outcome,
    Standing,
    StoredPost,
    Verdict,
    VerdictKind,
    Visit,
    VisitState,
    Written,
)
from aggregator.model.intent import (
    Catalogue,
    Consent,
    Only,
    Platform,
    Review,
    Site,
    Source,
    SourceState,
    WidgetSpec,
)
from aggregator.model.pace import Pace
from aggregator.model.post import (
    DateFlag,
    Dropped,
    Post,
    SafeHtml,
    public_id_of,
)
from aggregator.model.raw import (
    Author,
    Document,
    FetchResult,
    Media,
    PostKind,
    Profile,
    RawDate,
    RawPost,
    RawText,
    Span,
    SpanKind,
    Validators,
)
from aggregator.model.widget import (
    AlsoOn,
    Candidate,
    Card,
    LeftOut,
    OutputFile,
    Selection,
    SourceFacts,
    Why,
    Widget,
)

__all__ = [
    "AlsoOn",
    "Author",
    "Candidate",
    "Card",
    "Catalogue",
    "Consent",
    "DateFlag",
    "Document",
    "Dropped",
    "FetchResult",
    "LeftOut",
    "Media",
    "Only",
    "Outcome",
    "OutputFile",
    "Pace",
    "Platform",
    "Post",
    "PostKind",
    "Profile",
    "RawDate",
    "RawPost",
    "RawText",
    "Review",
    "SafeHtml",
    "Selection",
    "Site",
    "Source",
    "SourceFacts",
    "SourceState",
    "Span",
    "SpanKind",
    "Standing",
    "StoredPost",
    "Validators",
    "Verdict",
    "VerdictKind",
    "Visit",
    "VisitState",
    "Why",
    "Widget",
    "WidgetSpec",
    "Written",
    "public_id_of",
]
