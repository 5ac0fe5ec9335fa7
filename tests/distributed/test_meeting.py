"""Workers that agree before each update, over real sockets, in threads of this process."""

import socket
import threading
import time

import pytest

from nanhunt.errors import EXIT_HANG, PeerError
from nanhunt.watching.peers import meeting, peers
from nanhunt.watching.peers.job import Job
from nanhunt.watching.peers.meeting import Meeting
from nanhunt.watching.peers.peers import Peers, Stop


class Member(Peers):
    """Ends no process: neither this test's nor, a minute later, another's. That is for tests of real ones."""

    def _end_after(self, seconds, unless_stopped=False):
        pass


class Scheduler(Meeting):
    """Nor does it."""

    def __init__(self, job, ended):
        self.ended = ended
        super().__init__(job)

    def _end(self):
        self.ended.set()


@pytest.fixture
def ended():
    """Set once the scheduler would end."""
    return threading.Event()


@pytest.fixture
def team(monkeypatch, ended):
    """Two workers that meet at a scheduler."""
    monkeypatch.setenv("NANHUNT_PEER_TIMEOUT", "2")
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        port = made.getsockname()[1]

    def job(role, rank):
        return Job(role, rank, 2, "DMLC_ROLE", "127.0.0.1:%d" % port, ("127.0.0.1", (port,)))

    Scheduler(job("scheduler", None), ended)
    said = []
    workers = [Member(job("worker", rank), said.append) for rank in range(2)]
    yield workers
    for each in workers:
        each.close()
    assert said == []


def both(*acts):
    """What each act returned or raised, run at the same time."""
    results = [None] * len(acts)

    def run(k, act):
        try:
            results[k] = act()
        except PeerError as error:
            results[k] = error

    threads = [threading.Thread(target=run, args=each, daemon=True) for each in enumerate(acts)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=20)
        assert not each.is_alive(), "waits for ever"
    return results


def agree(worker, step):
    return lambda: worker.agree(step)


def test_all_go_on_while_nothing_is_wrong(team):
    for step in range(50):
        assert both(agree(team[0], step), agree(team[1], step)) == [None, None]


def test_an_update_waits_until_the_last_worker_has_voted(team):
    begun = time.monotonic()

    def late():
        time.sleep(0.3)
        return team[1].agree(0)

    assert both(agree(team[0], 0), late) == [None, None]
    assert time.monotonic() - begun >= 0.3


def test_all_stop_with_the_one_that_found_something_and_hear_what(team):
    both(agree(team[0], 0), agree(team[1], 0))
    stops = both(agree(team[0], 1), lambda: team[1].stop(1, "nan in log"))
    assert stops == [Stop(1, "nan in log"), None]
    assert team[0].agree(2) is None, "it votes no more"


def test_all_leave_an_update_out_together_and_go_on(team):
    assert both(lambda: team[0].skip(0, "nan in log"), agree(team[1], 0)) == [None, Stop(0, "nan in log", skip=True)]
    assert both(agree(team[0], 1), agree(team[1], 1)) == [None, None]


def test_asynchronous_workers_wait_for_nobody_and_hear_of_a_stop(team):
    for each in team:
        each.alone = True
    assert [team[0].agree(step) for step in range(5)] == [None] * 5
    team[1].agree(0)
    team[1].stop(1, "inf in exp")
    end = time.monotonic() + 10
    found = None
    while found is None and time.monotonic() < end:
        found = team[0].agree(5)
        time.sleep(0.01)
    assert found == Stop(1, "inf in exp")


def test_an_asynchronous_worker_that_comes_after_a_stop_hears_of_it(team):
    for each in team:
        each.alone = True
    team[1].stop(0, "inf in exp")
    end = time.monotonic() + 10
    found = None
    while found is None and time.monotonic() < end:
        time.sleep(0.1)
        found = team[0].agree(0)
    assert found == Stop(1, "inf in exp")


def test_the_vote_of_a_worker_that_stopped_counts_after_it_is_gone(team):
    both(agree(team[0], 0), agree(team[1], 0))
    team[1].stop(1, "nan in log")
    team[1].close()
    time.sleep(0.2)
    assert both(agree(team[0], 1)) == [Stop(1, "nan in log")]


def test_a_worker_that_comes_after_another_died_is_told(team):
    team[1].alone = True
    team[1].agree(0)
    team[1]._line.close()
    time.sleep(0.2)
    (error,) = both(agree(team[0], 0))
    assert "worker 1" in str(error) and "died after its step 0" in str(error)


def test_the_meeting_point_ends_with_the_last_worker_where_one_was_lost(team, ended):
    both(agree(team[0], 0), agree(team[1], 0))
    team[1]._line.close()
    both(agree(team[0], 1))
    assert not ended.wait(1.2)
    team[0].close()
    assert ended.wait(5)


def test_the_meeting_point_waits_for_workers_that_have_not_come(team, ended, monkeypatch):
    team[1].alone = True
    team[1].agree(0)
    team[1]._line.close()
    assert not ended.wait(1.2)
    monkeypatch.setattr(meeting, "LATE", 0.0)
    assert ended.wait(5)


def test_a_worker_that_dies_is_named_to_the_others(team):
    both(agree(team[0], 0), agree(team[1], 0))
    team[1]._line.close()  # what the kernel does with the sockets of a killed process
    (error,) = both(agree(team[0], 1))
    assert "worker 1" in str(error) and "died after its step 0" in str(error)
    assert error.exit_code == 1


def test_a_worker_that_ends_with_an_error_says_so(team):
    both(agree(team[0], 0), agree(team[1], 0))
    team[1].close("ended with DataError")
    (error,) = both(agree(team[0], 1))
    assert "ended with DataError" in str(error)


def test_a_worker_without_a_sign_of_life_has_hung(team):
    both(agree(team[0], 0), agree(team[1], 0))
    team[1]._ended.set()  # its threads stand still, and its socket stays open
    (error,) = both(agree(team[0], 1))
    assert "hung: no sign of life" in str(error) and error.exit_code == EXIT_HANG


def test_a_worker_that_lives_and_does_not_come_has_hung_unless_it_is_busy(team, monkeypatch):
    monkeypatch.setattr(meeting, "SLOWER", 0.0)
    for step in range(2):
        both(agree(team[0], step), agree(team[1], step))
    team[1].busy(True)

    def much_later():
        time.sleep(3.5)
        return team[1].agree(2)

    assert both(agree(team[0], 2), much_later) == [None, None]
    (error,) = both(agree(team[0], 3))
    assert "it lives, but" in str(error) and error.exit_code == EXIT_HANG


def test_a_worker_that_has_finished_is_not_waited_for(team):
    both(agree(team[0], 0), agree(team[1], 0))
    team[1].close()
    (error,) = both(agree(team[0], 1))
    assert "finished after 1 updates" in str(error)


def test_where_nobody_listens_a_worker_goes_on_alone_and_says_so(monkeypatch):
    monkeypatch.setattr(peers, "_CONNECT", 0.3)
    said = []
    alone = Member(Job("worker", 0, 2, "DMLC_ROLE", "127.0.0.1:9", ("127.0.0.1", (9,))), said.append)
    assert alone.agree(0) is None and alone.agree(1) is None
    assert len(said) == 1 and "watches by itself" in said[0]
    assert alone.lost, "what the framework does at its end waits for all"


def test_without_a_scheduler_worker_0_is_where_the_others_meet(team, monkeypatch):
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        port = made.getsockname()[1]
    meeting_at = ("127.0.0.1", (port,))
    pair = [Member(Job("worker", k, 2, "HOROVOD_RANK", "h:1", meeting_at), pytest.fail) for k in range(2)]
    assert all(each.every_update for each in pair)
    assert both(agree(pair[0], 0), agree(pair[1], 0)) == [None, None]
    assert both(lambda: pair[0].stop(1, "nan"), agree(pair[1], 1)) == [None, Stop(0, "nan")]
    both(pair[0].close, pair[1].close)
