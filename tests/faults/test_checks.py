"""The checks can fail: what they are there to find, they find."""

from dataclasses import replace

from proxy_app.runs.writer import GO_ON
from tests.fakes.openai_server import expected_text

from .checks import was_said
from .figures import Figures, judge
from .gate import Gate
from .plan import FAULTS, faults_of, plan, plans
from .test_faults import PEOPLE

PROMPT = "tokens:30 seed:7"
TEXT = expected_text(PROMPT)


def test_a_text_is_the_beginning_of_what_was_said_and_all_of_it_where_it_is_complete() -> None:
    assert was_said(TEXT, PROMPT, whole=True, goes_on=False)
    assert was_said(TEXT[:-3], PROMPT, whole=False, goes_on=False)
    assert was_said("", PROMPT, whole=False, goes_on=False)
    assert not was_said(TEXT[:-3], PROMPT, whole=True, goes_on=False)
    assert not was_said(TEXT + TEXT[-1], PROMPT, whole=False, goes_on=False)
    assert not was_said(TEXT[1:], PROMPT, whole=False, goes_on=False)
    assert not was_said(TEXT[:5] + TEXT[4:], PROMPT, whole=False, goes_on=False)


def test_an_answer_that_goes_on_is_a_beginning_and_then_all_that_was_said_to_that() -> None:
    more = expected_text(GO_ON)

    assert was_said(TEXT[:9] + more, PROMPT, whole=True, goes_on=True)
    assert was_said(TEXT[:9] + more + more, PROMPT, whole=True, goes_on=True)
    assert not was_said(TEXT[:9] + more, PROMPT, whole=True, goes_on=False)
    assert not was_said(TEXT[:9] + more[1:], PROMPT, whole=True, goes_on=True)
    assert not was_said(TEXT[1:9] + more, PROMPT, whole=True, goes_on=True)


def test_a_gate_tells_two_ends_apart_and_takes_a_repeated_one_for_one() -> None:
    def told(status: str) -> dict[str, object]:
        data = {"type": "run", "run": "r", "seq": 1, "chunks": [{"type": "run-end", "status": status}]}
        return {"channel": "c", "data": data}

    def in_a_batch(publication: dict[str, object]) -> dict[str, object]:
        return {"commands": [{"publish": publication}], "parallel": False}

    gate = Gate()
    gate.remember(told("completed"))
    gate.remember(in_a_batch(told("completed")))
    assert len(gate.ends["r"]) == 1
    gate.remember(told("interrupted"))
    assert len(gate.ends["r"]) == 2
    gate.remember(in_a_batch(told("failed")))
    assert len(gate.ends["r"]) == 3


def test_a_plan_follows_from_its_seed() -> None:
    first, again = (list(plans("s", FAULTS, people=4, runs=200)) for _ in range(2))

    assert [(each.fault.name, each.prompts) for each in first] == [
        (each.fault.name, each.prompts) for each in again
    ]
    assert len(first) == 50
    assert first[3] == plan(first[3].seed, first[3].fault, 4)
    assert plan("s/1", FAULTS[0], 4).prompts != plan("s/2", FAULTS[0], 4).prompts


def test_a_hundred_runs_live_through_a_fault_in_every_test_run() -> None:
    assert len(faults_of("small")) * PEOPLE >= 100


STILL = Figures(0, 110.0, 100.0, 9, 20, 5, 8, 30.0, 20, 0, 0, 0, 0)


def looks(**growing: float) -> list[Figures]:
    """Return looks at ten minutes, once every fifteen seconds; what is named grows by that much each time."""
    return [
        replace(
            STILL, seconds=15 * n, **{name: getattr(STILL, name) + each * n for name, each in growing.items()}
        )
        for n in range(40)
    ]


def test_a_soak_finds_what_grows_and_what_is_left() -> None:
    assert judge(looks(), STILL, warm_up=100) == []
    assert judge(looks(service_memory=0.001), STILL, warm_up=100) == []
    assert len(judge(looks(service_memory=0.1), STILL, warm_up=100)) == 1
    assert len(judge(looks(service_tasks=1), STILL, warm_up=100)) == 1
    assert len(judge(looks(service_files=1, service_sockets=1), STILL, warm_up=100)) == 2
    assert len(judge(looks(), replace(STILL, run_text_rows=1, upstream_streams=2), warm_up=100)) == 2
    assert judge(looks()[:3], STILL, warm_up=100) == ["It was too short to tell anything."]
