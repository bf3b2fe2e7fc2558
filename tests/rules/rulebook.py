"""The rules of good neighbours that tests are named after, each in one sentence."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One rule of the board."""

    number: str
    level: str
    """M: it must hold. S: it should."""
    sentence: str
    untested: str = ""
    """Why no test carries its number; empty: one must."""
    also: tuple[str, ...] = ()
    """Tests that hold it without carrying its number, as ``folder/file.py::test``."""


CHAPTERS = {
    "A": "What a request looks like",
    "B": "Asking whether anything changed",
    "C": "How often",
    "D": "What answers mean",
    "E": "Being told instead of asking, and robots",
    "F": "Where requests may go",
    "G": "How much an answer may cost",
    "H": "Reading what came",
    "I": "What is made of it",
    "J": "Keeping the timetable",
}


def _rule(line: str, untested: str = "", *, also: tuple[str, ...] = ()) -> Rule:
    number, level, sentence = line.split(" ", 2)
    return Rule(number, level, sentence, untested, also)


def _push(*names: str) -> tuple[str, ...]:
    """Tests of journeys with a hub."""
    return tuple(f"trip/test_websub.py::test_{name}" for name in names)


_NOT_MEANT = "not meant: decided against for this version"

RULES = (
    _rule("A1 M Every request carries our own name and a page about us, whatever the answer."),
    _rule("A2 S We say that we would rather have a feed, and take it compressed."),
    _rule("A3 M A cookie that was set is never sent back."),
    _rule("A4 M Nothing besides the few fields named here is sent, and no address is added to."),
    _rule("A5 M An address is asked for letter by letter as it was written down."),
    _rule("A6 M One look at a feed is one request."),
    _rule("A7 S Two spellings of one address do not lead to two requests."),
    _rule("B1 M An ETag goes back byte for byte."),
    _rule("B2 M So does a Last-Modified, even where it is no proper date."),
    _rule("B3 M Whoever gave us both gets both back."),
    _rule("B4 M We never make up either."),
    _rule("B5 M A good answer replaces both at once, if need be by nothing."),
    _rule("B6 M What a 304 says anew replaces what we knew; what it leaves out stays."),
    _rule("B7 M An answer that we could not use leaves both as they were."),
    _rule("B8 M They go to the address that gave them and to no other."),
    _rule("B9 S A feed that gives neither is asked once a day at most."),
    _rule("B10 S A new version of our parser reads each feed whole once, at its next turn."),
    _rule("B11 S A server that always sends the whole feed again is asked half as often."),
    _rule("C1 M Starting the program again asks for nothing that is not due."),
    _rule("C2 M One address is never asked twice within the floor, whoever insists."),
    _rule("C3 M While a server says that its answer is fresh, we do not ask."),
    _rule("C4 M A wait that a server asks for is kept, before everything else."),
    _rule("C5 M Asked to slow down without being told for how long, we wait ever longer."),
    _rule("C6 M After errors, too, and longest where nothing is to be found."),
    _rule("C7 M One good answer ends that."),
    _rule("C8 M No mistake of a server silences its feed for years."),
    _rule("C9 S A feed may name hours and days to be left alone, and a slower pace."),
    _rule("C10 M One host is asked for one thing at a time, one domain for two."),
    _rule("C11 M Feeds that were added together are asked at different times."),
    _rule("C12 M A feed that lives is asked, and nobody is forgotten."),
    _rule("C13 S After a standstill the longest due go first, without a rush."),
    _rule("D1 M What is gone for good is asked twice more, days apart, and then left."),
    _rule("D2 M What is missing or barred is told to staff, and asked once a month in the end."),
    _rule("D3 S A move is believed once it was seen three times in two days and leads to the feed, "
          "unless another source is followed there: then staff are told."),
    _rule("D4 M Of a chain of moves, only the part that is said to be for good."),
    _rule("D5 M A passing redirect is never believed to be a move."),
    _rule("D6 M A move to something that is no feed is an error."),
    _rule("D7 M A move that turns out badly is taken back, once."),
    _rule("D8 M Redirects that never end, or lead nowhere, are an error."),
    _rule("D9 M Whatever else is answered, nothing that is stored goes away."),
    _rule("D10 S Hints in a feed at another address are shown to staff and not followed."),
    _rule("D11 S A wall against robots is named as one; we never dress up as a browser."),
    _rule("E1 S A hub is looked for in the answer's head first, then in the feed.",
          also=_push("the_hub_in_the_link_field_comes_before_the_one_in_the_feed")),
    _rule("E2 M A hub is given an address of ours that nobody can guess, and a secret.",
          also=_push("a_hub_is_asked_after_the_first_good_visit_and_confirmed",
                     "a_hub_that_is_reached_without_https_is_not_asked",
                     "it_is_renewed_in_time_at_a_new_address")),
    _rule("E3 M We confirm what we asked for, and nothing else.",
          also=_push("what_we_did_not_ask_for_is_not_confirmed",
                     "a_challenge_comes_back_as_text_that_no_browser_runs")),
    _rule("E4 M What a hub delivers is believed by its signature alone, and read as any feed is.",
          also=_push("each_method_of_signing_is_read",
                     "an_unsigned_push_is_accepted_and_ignored",
                     "a_push_that_is_too_large_is_refused",
                     "a_push_changes_nothing_that_visits_remember")),
    _rule("E5 M Subscriptions are renewed in time; without one we ask again.",
          also=_push("it_is_renewed_in_time_at_a_new_address",
                     "a_lease_that_runs_out_leaves_visits_as_they_were",
                     "a_denied_subscription_leaves_visits_as_they_are")),
    _rule("E6 M While a hub delivers we ask rarely, and notice what it kept from us.",
          also=_push("visits_are_rare_only_once_pushes_arrive",
                     "a_hub_that_forgets_to_push_is_found_out_by_visits")),
    _rule("E7 S Pages that nobody told us to read are read only where robots.txt lets us."),
    _rule("E8 S Asking a feed for its changes only (RFC 3229).", _NOT_MEANT),
    _rule("E9 S Fetching the older pages of a feed (RFC 5005).", _NOT_MEANT),
    _rule("E10 S Speaking HTTP/2 where a server offers it.", _NOT_MEANT),
    _rule("F1 M Only http and https, at the first address and at every further one."),
    _rule("F2 M Only addresses of the public Internet."),
    _rule("F3 M A name with a single other address is refused."),
    _rule("F4 M What was checked is what we connect to."),
    _rule("F5 M Only the usual ports, and no proxy by accident."),
    _rule("F6 M A certificate must be valid."),
    _rule("F7 M A password in an address goes to that address and into no log."),
    _rule("F8 M Each redirect is checked anew, and told nothing that was meant for the first."),
    _rule("F9 M A name server that hangs holds nobody else up."),
    _rule("F10 M Networks that an operator allows are named one by one; none is by default."),
    _rule("G1 M Compressed answers are unpacked under a cap, step by step."),
    _rule("G2 M There is a cap on what travels and on what it becomes."),
    _rule("G3 M One deadline holds for everything."),
    _rule("G4 M An answer's head is capped as well."),
    _rule("G5 M Compressions that we did not ask for are an error."),
    _rule("G6 M An answer is taken whole or not at all."),
    _rule("G7 M One feed's trouble is nobody else's."),
    _rule("G8 S Slow servers do not hold up quick ones."),
    _rule("G9 M A visit may be broken off at any moment and leaves nothing behind."),
    _rule("H1 M Feeds are read in a process of their own that may be ended."),
    _rule("H2 M A feed that declares entities is refused."),
    _rule("H3 M Feeds that are made to hang a parser are refused or given up."),
    _rule("H4 M Only so many entries are taken, each only so long."),
    _rule("H5 M What is no feed is called by what it is."),
    _rule("H6 S Small faults of a feed are overlooked."),
    _rule("H7 S A feed is known by how it begins, whatever its type is said to be."),
    _rule("H8 M An entry that cannot be read is lost alone."),
    _rule("I1 M The letters are read by what is most likely to be true about them."),
    _rule("I2 M RSS, Atom and JSON Feed are read in all their versions."),
    _rule("I3 M Links in an entry are completed by the address that the feed means."),
    _rule("I4 M An entry is known by its id within its feed, and not stored again under another."),
    _rule("I5 M Dates that cannot be true are not believed."),
    _rule("I6 M Only links to web pages, and to mail in texts, are kept."),
    _rule("I7 M Only harmless HTML is let through."),
    _rule("I8 M A visit never deletes a post."),
    _rule("I9 M A feed that has become somebody else's is held until a person has looked. Its "
          "certificate counts; its domain's name servers are not asked for."),
    _rule("I10 S What spies on readers is taken out of links and texts; staff may add to the list."),
    _rule("I11 S Links are made alike for comparing, and never for asking."),
    _rule("I12 S A host whose letters deceive is shown in its plain spelling."),
    _rule("I13 M Pictures are fetched behind the same guards and drawn anew; none passes through."),
    _rule("J1 S The more often a feed posts the more often it is asked, by a square root."),
    _rule("J2 M No feed is visited by two at the same time."),
    _rule("J3 M A feed during whose visits the program died three times is left for a person."),
    _rule("J4 M Two programs on one database ask no more than one."),
    _rule("J5 M A stop loses nothing, and a wrong clock silences nobody."),
    _rule("J6 S Each feed's last visits are kept, with the reason for the next one's time."),
)  # fmt: skip
