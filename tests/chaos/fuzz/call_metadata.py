"""What comes along with a request: headers and deadlines, the usual ones and the others. Strategies of hypothesis."""

from typing import Literal

from hypothesis import strategies as st

type Headers = tuple[tuple[str, str | bytes], ...]
type Deadline = Literal["usual", "missing", "none left", "a millisecond", "hardly any", "an age"]

SECONDS: dict[str, float | None] = {"usual": 15.0, "missing": None, "none left": 0.0, "a millisecond": 0.001, "hardly any": 0.12, "an age": 1e8}
"""What each deadline is, in seconds from now."""

_TRACES = (
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "00-00000000000000000000000000000000-0000000000000000-00",
    "ff-zz-zz-zz",
    "00-" + "a" * 500,
    "-",
    "",
)
_pair: st.SearchStrategy[tuple[str, str | bytes]] = st.one_of(
    st.tuples(st.just("traceparent"), st.sampled_from(_TRACES)),
    st.tuples(st.just("tracestate"), st.sampled_from(("a=b,,,=,c", "x" * 600, "=" * 100, "a=" + "b," * 100))),
    st.tuples(st.just("baggage"), st.sampled_from(("a=%zz;%", ";;;,,,", "k=" + "v" * 3_000, "user=%00%0a"))),
    st.tuples(st.just("anything-bin"), st.binary(max_size=200)),
    st.tuples(st.just("traceparent-bin"), st.binary(max_size=30)),
    st.tuples(st.just("authorization"), st.sampled_from(("Bearer x", "Basic ====", "' OR 1=1"))),
    st.tuples(st.just("user-agent"), st.just("curl/8")),
    st.tuples(st.just("large"), st.sampled_from(("x" * 4_000, "x" * 9_000, "x" * 40_000))),
    st.tuples(st.just("x-real-ip"), st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)),
)
headers: st.SearchStrategy[Headers] = st.lists(_pair, max_size=6).map(tuple)
deadlines: st.SearchStrategy[Deadline] = st.sampled_from(("usual", "missing", "none left", "a millisecond", "hardly any", "an age"))
