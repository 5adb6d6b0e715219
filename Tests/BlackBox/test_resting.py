"""A device that hangs up while nobody speaks, and calls again when somebody does."""

from __future__ import annotations

import time
import unittest

import cutting
from following import is_event
from native_session import Turn
from together import Together

RESTING = {"idle_close": "2 s"}
WORDS = "say " + cutting.WORDS


class Resting(Together):
    def rest(self, stage, agent, *script):
        """A daemon that had its agent and has hung up; its follower."""
        follower = stage.daemon(agent.port, *script, link=RESTING)
        follower.await_ready()
        agent.await_(lambda: agent.connections == 1 and not agent.connected(), "hanging up")
        return follower

    def check_rests(self, stage):
        status = stage.bench.status()
        assert (status["connected_for_ms"], status.get("resting")) == ("0", "yes"), status
        assert (status["state"], status["fault"]) == ("idle", ""), status
        code, page, errors = stage.bench.command("status", "--socket", stage.bench.socket)
        assert code == 0 and "resting until somebody speaks" in page, page + errors
        assert "not connected" not in page and ", session " not in page, page

    def check_whole(self, stage, agent, follower, number: int = 1) -> Turn:
        """All that was said came, and was answered."""
        turn = agent.await_turn(number)
        follower.await_(is_event("reply", phase="drained"), "answer")
        assert turn.flaws() == [], turn.flaws()
        started, ended = (
            follower.await_(is_event("room", phase=f"talker_{what}"), "talker").at_ms
            for what in ("started", "ended"))
        assert turn.audio_ms >= ended - started, (turn.audio_ms, started, ended)
        return turn

    def play_who_speaks_to_one_that_rests_is_heard_from_the_first_word(self, stage):
        agent = stage.native_agent()
        follower = self.rest(stage, agent, "wait 5 s", WORDS, "await reply within 30 s", "wait 60 s")
        self.check_rests(stage)
        self.check_whole(stage, agent, follower)
        # The same session, and after the answer it rests again.
        assert (len(agent.all_sessions), agent.connections) == (1, 2), agent.messages[-5:]
        agent.await_(lambda: not agent.connected(), "hanging up")
        self.check_rests(stage)

    def play_an_agent_that_was_restarted_meanwhile_hears_all_of_it(self, stage):
        agent = stage.native_agent()
        follower = self.rest(stage, agent, "wait 6 s", WORDS, "await reply within 30 s", "wait 60 s")
        agent.stop()
        agent.forget()
        # Nobody needs it, so nobody misses it.
        mark = follower.mark()
        follower.await_time(follower.at_ms + 1_500)
        assert not follower.find(is_event("link", phase="closed"), mark), follower.seen[mark:]
        self.check_rests(stage)
        agent.start()
        self.check_whole(stage, agent, follower)
        assert len(agent.all_sessions) == 2, agent.messages[-5:]

    def play_an_agent_that_comes_back_while_somebody_speaks_hears_all_of_it(self, stage):
        agent = stage.native_agent()
        follower = self.rest(stage, agent, "wait 5 s", WORDS, "await reply within 40 s", "wait 60 s")
        agent.stop()
        started = follower.await_(is_event("room", phase="talker_started"), "talker")
        time.sleep(max(0, started.when + 4 - time.monotonic()))
        agent.start()
        self.check_whole(stage, agent, follower)


if __name__ == "__main__":
    unittest.main()
