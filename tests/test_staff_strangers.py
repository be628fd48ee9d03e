"""A stranger without the token gets nothing of the staff pages: no page, no picture, no difference between two noes."""

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlencode, urlsplit

import pytest
from browser import QUEUE, Office, serving
from line import Line, signed_in
from staff_class import StaffClass, make_staff_class
from staff_words import SHARED

pytest_plugins = ["offices"]

UNSAFE = ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "CONNECT")


@dataclass
class House:
    """A class of 30 that is served once for all tests of this file, which change nothing in it."""

    office: Office
    stranger: Line
    staff: Line

    @property
    def pages(self) -> list[str]:
        """Addresses that a TA gets something at."""
        answer = next(one for one, text in self.office.answers.items() if text == SHARED)  # one with others like it
        static = re.findall(r"/static/[^\"]+", self.staff.ask("/").text)
        pages = ["/", "/sum/", "/sum/people", QUEUE, f"{QUEUE}/{answer}", f"{QUEUE}/{answer}/similar", *static]
        shown = self.staff.ask("/sum/people").text + self.staff.ask(f"{QUEUE}/{answer}").text
        more = re.findall(r'(?:href|src)="(/sum/(?:submissions|mark/q7/[0-9a-f]+/pictures)/[^"]+)"', shown)
        assert more, "no link to a submission, no picture"
        return pages + more


@pytest.fixture(scope="module")
def house(class_of_30: StaffClass) -> Iterator[House]:
    with serving(class_of_30.folder, "Grace") as server:
        house = House(Office(class_of_30, server, None), Line(server), signed_in(server))
        until = time.monotonic() + 30
        while any(house.staff.ask(path).status == 303 for path in house.pages) and time.monotonic() < until:
            time.sleep(0.1)  # answers and code are still being compared
        yield house


def test_a_ta_gets_every_page(house) -> None:
    """What strangers are refused below is there."""
    assert {path: house.staff.ask(path).status for path in house.pages} == dict.fromkeys(house.pages, 200)


def test_a_stranger_gets_the_same_word_at_every_address(house) -> None:
    """Whether an answer, a student, an assignment or a file is there cannot be told from the refusals."""
    there = house.pages
    guessed = ["/none/", "/memory/", "/sum/mark/q1", f"{QUEUE}/0123456789abcdef", "/static/none.css", "/favicon.ico"]
    guessed += ["/robots.txt", "/docs", "/openapi.json", "/.git/config", "/course.yml", "/csp-report", "/leave", "//"]
    refusals = {str(house.stranger.ask(path)) + house.stranger.ask(path).text for path in (*there, *guessed)}
    assert len(refusals) == 1
    (refusal,) = refusals
    assert "Got(status=403" in refusal and "set-cookie" not in refusal
    for word in ("Adams", "Sum", "sum", "q7", "Grace", "RNN"):
        assert word not in refusal.replace("summary", "")


@pytest.mark.parametrize("method", ["HEAD", *UNSAFE])
def test_no_method_gets_a_stranger_further(house, method) -> None:
    """HEAD tells no length of a page, OPTIONS no methods, TRACE no header of the request."""
    answers = [house.stranger.ask(path, method, X_Secret="tell me") for path in (*house.pages, "/enter", "/none")]
    assert {answer.status for answer in answers} <= {400, 403, 404, 405}
    assert len({(answer.status, answer.headers.get("content-length")) for answer in answers}) == 1
    assert not any("allow" in answer.headers or "tell me" in answer.text for answer in answers)


def test_only_the_whole_token_opens(house) -> None:
    """Nothing shorter, longer, in other letters, twice or in another place."""
    token = house.office.server.links["Grace"].split("token=")[1]
    wrong = ["", token[:-1], token + "x", token.swapcase(), "%00" + token, token + "%00", "*", "Grace", "None", "null"]
    queries = [f"?token={one}" for one in wrong] + ["", f"?Token={token}", f"?token=x&token={token[1:]}", "?token[]=x"]
    answers = [house.stranger.ask("/enter" + query) for query in queries]
    assert {answer.status for answer in answers} == {403}
    assert not any("set-cookie" in answer.headers for answer in answers)
    for name in ("Authorization", "X_Token", "Cookie"):
        assert house.stranger.ask("/", **{name: token}).status == 403


def test_a_cookie_that_is_not_a_sessions_is_refused(house) -> None:
    """The token is no session, nor is anything made up."""
    name, session = house.staff.cookie.split("=", 1)
    token = house.office.server.links["Grace"].split("token=")[1]
    for value in ("", "x", token, session[:-1], session + "x", f'"{session}', "a" * 7_000, "\\000", "é"):
        assert house.stranger.ask("/", Cookie=f"{name}={value}").status in (400, 403, 431), value
    assert house.stranger.ask("/", Cookie=f"session={session}").status == 403


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(house) -> None:
    """HttpOnly, and not sent along by forms of other sites; of this address alone."""
    parts = urlsplit(house.office.server.links["Grace"])
    cookie = house.stranger.ask(f"{parts.path}?{parts.query}").headers["set-cookie"].lower()
    assert "httponly" in cookie and re.search("samesite=(lax|strict)", cookie) and "domain" not in cookie


def test_every_answer_carries_the_policy_and_is_kept_nowhere(house) -> None:
    """Pages, pictures, refusals and errors: no script but ours, no frame, no guess at a type, no copy in a cache."""
    for line, path in [(house.staff, path) for path in (*house.pages, "/none", "/sum/none")] + [(house.stranger, "/")]:
        got = line.ask(path)
        policy = got.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy and "form-action 'self'" in policy
        assert got.headers["x-content-type-options"] == "nosniff"
        assert "no-store" in got.headers["cache-control"] or path.startswith("/static/")
        assert "access-control-allow-origin" not in got.headers


def test_only_the_address_itself_is_answered(house) -> None:
    """A name of a stranger's that now means this machine (DNS rebinding) gets nothing, not even with a session."""
    for host in ("evil.example", f"evil.example:{house.staff.server.port}", "127.0.0.1.evil.example", "0.0.0.0", ""):
        for path in ("/", "/sum/", QUEUE):
            got = house.staff.ask(path, Host=host)
            assert got.status in (400, 403, 421), (host, got.status)
            assert "Adams" not in got.text and "Answer" not in got.text


FORGED = {
    "another site": {"Origin": "https://evil.example"},
    "another port": {"Origin": "http://127.0.0.1:1"},
    "another scheme": {"Origin": "https://{here}"},
    "a sandboxed frame": {"Origin": "null"},
    "a name that begins alike": {"Origin": "http://{here}.evil.example"},
    "no origin at all": {},
    "only a referrer": {"Referer": "http://{here}/"},
    "the browser says so": {"Origin": "http://{here}", "Sec_Fetch_Site": "cross-site"},
    "rebound": {"Origin": "http://evil.example", "Host": "evil.example"},
}


@pytest.mark.parametrize("case", FORGED)
def test_a_form_of_another_origin_changes_nothing(house, case) -> None:
    """Not even one that has the session's cookie and its token."""
    here = f"127.0.0.1:{house.staff.server.port}"
    headers = {name: value.format(here=here) for name, value in FORGED[case].items()}
    answer = next(iter(house.office.answers))
    body = urlencode({"csrf": house.staff.csrf, "seen": "0", "items": house.office.item(1), "adjustment": "0"})
    for path in (f"{QUEUE}/{answer}", f"{QUEUE}/{answer}/similar", f"{QUEUE}/undo", f"{QUEUE}/snippets", "/leave"):
        got = house.staff.ask(path, "POST", body, Content_Type="application/x-www-form-urlencoded", **headers)
        assert got.status in (400, 403, 421), (path, got.status)
    assert house.office.marks == {} and house.staff.ask("/").status == 200


@pytest.mark.parametrize("token", ["", "x", "{cut}", "{other}"])
def test_a_form_without_the_sessions_own_token_changes_nothing(house, token) -> None:
    """None, a wrong one, all but the last letter, and that of another session."""
    other = signed_in(house.office.server)
    csrf = token.format(cut=house.staff.csrf[:-1], other=other.csrf)
    answer = next(iter(house.office.answers))
    for path in (f"{QUEUE}/{answer}", f"{QUEUE}/{answer}/similar", f"{QUEUE}/undo", f"{QUEUE}/snippets", "/leave"):
        assert house.staff.post(path, csrf=csrf, items=house.office.item(1)).status == 403, path
    assert house.office.marks == {} and house.staff.ask("/").status == 200


def test_reading_changes_nothing(house) -> None:
    """What a picture of a page elsewhere could ask for, with GET, marks, undoes and signs out nobody."""
    answer = next(iter(house.office.answers))
    query = urlencode({"csrf": house.staff.csrf, "seen": "0", "items": house.office.item(1)})
    for path in (f"{QUEUE}/{answer}", f"{QUEUE}/{answer}/similar", f"{QUEUE}/undo", f"{QUEUE}/snippets", "/leave"):
        for method in ("GET", "HEAD"):
            assert house.staff.ask(f"{path}?{query}", method).status < 500
    assert house.office.marks == {} and house.staff.ask("/").status == 200


ESCAPES = (
    *("/static/../../../course.yml", "/static/..%2f..%2f..%2fcourse.yml", "/static/%2e%2e/%2e%2e/course.yml"),
    *("/static//etc/passwd", "/static/%2fetc%2fpasswd", "/static/..\\..\\course.yml", "/static/staff.css%00.js"),
    *("/static/../access.py", "/static/", "/static/.", "/static/..", "/static/page.css/../../desk.py"),
    *("/../course.yml", "/%2e%2e/course.yml", "/./course.yml", "/.autograder/gradebook.sqlite", "/roster.csv"),
    *("/sum/submissions/../../roster.csv", "/sum/submissions/..%2f..%2f..%2froster.csv", "/sum/submissions/%2e%2e"),
    *("/sum/submissions/....//....//roster.csv", "/sum/submissions/%00", "/sum/submissions/~", "/sum/submissions/*"),
    *(
        "/..%2f/mark/q7",
        "/sum/mark/..%2f",
        "/sum/mark/q7/../../../etc/passwd",
        "/sum/pairs/../..",
        "/sum/pairs/%2e%2e/x",
    ),
    *(
        f"{QUEUE}/0123456789abcde",
        f"{QUEUE}/0123456789abcdef0",
        f"{QUEUE}/*",
        f"{QUEUE}/%27%20OR%201=1--",
        f"{QUEUE}/None",
    ),
    *(f"{QUEUE}/{{answer}}/pictures/{one}" for one in ("-1", "999", "1e3", "00", "x", "%00", "../0", "9" * 400)),
    *(
        "/sum/people?page=-1",
        "/sum/people?page=" + "9" * 400,
        "/sum/people?page=x",
        "/sum/people?find=" + "%00%27%22<>",
    ),
    *(
        f"{QUEUE}?page=-1",
        f"{QUEUE}?page={'9' * 400}",
        f"{QUEUE}?show=%00",
        "/sum/?" + "x" * 4_000,
        "/%ff%fe",
        "/sum/%c0%ae",
    ),
)


@pytest.mark.parametrize("path", ESCAPES)
def test_no_address_leads_out_of_the_pages(house, path) -> None:
    """A TA, too, gets no file of the machine by its name, and no guessed address is an error of ours."""
    got = house.staff.ask(path.format(answer=next(iter(house.office.answers))))
    assert got.status in (200, 303, 307, 308, 400, 403, 404, 405, 414), got.status
    for secret in ("root:x:0", "SQLite format", "user1@example.org", "gradebook: postgresql", "class Access"):
        assert secret not in got.text


def test_what_a_student_is_called_is_not_on_the_pages_of_marking(house) -> None:
    """Names, ids and addresses are hidden while answers are marked, and the id of an answer is not the file's hash."""
    answers = list(house.office.answers)[:5]
    pages = [QUEUE, *(f"{QUEUE}/{one}" for one in answers), *(f"{QUEUE}/{one}/similar" for one in answers)]
    text = "".join(house.staff.ask(path).text for path in pages)
    for person in house.office.made.people:
        assert person.name not in text and person.id not in text and person.email not in text
    assert not any(one.sha256[:10] in text for one in house.office.made.handed_in if one.sha256)


class Evil(BaseHTTPRequestHandler):
    """A page elsewhere that sends the form of the staff pages by itself."""

    page = ""

    def do_GET(self) -> None:
        body = self.page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_page_elsewhere_cannot_mark_with_the_tas_own_browser(office, host) -> None:
    """In the browser of a TA who is signed in, from another site and from another port of the same machine."""
    answer = next(iter(office.answers))
    target = f"{office.server.address}{QUEUE}/{answer}"
    with office.opened("Grace") as grace:
        csrf = grace.page.locator("[name=csrf]").first.input_value()
        fields = {"csrf": csrf, "seen": "0", "items": office.item(1), "adjustment": "0", "comment": "evil"}
        inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
        Evil.page = (
            f"<form id=f method=post action='{target}'>{inputs}</form><script>"
            f"fetch('{target}', {{method: 'POST', mode: 'no-cors', credentials: 'include', "
            f"body: new URLSearchParams({fields})}}).finally(() => f.submit())</script>"
        )
        elsewhere = HTTPServer(("127.0.0.1", 0), Evil)
        threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
        page = grace.context.new_page()  # one that is not watched: what it does is wrong
        page.goto(f"http://{host}:{elsewhere.server_port}/")
        page.wait_for_url(target)
        assert "Answer" not in page.locator("body").inner_text()
        elsewhere.shutdown()
        elsewhere.server_close()
        grace.reloads()
    assert office.marks == {}


def test_signing_out_ends_the_session_everywhere(office) -> None:
    """The page before, the cookie and the open tab are of no use any more; the link is."""
    with office.opened("Grace") as grace:
        grace.opens(QUEUE)
        kept = Line(office.server, "; ".join(f"{one['name']}={one['value']}" for one in grace.context.cookies()))
        assert kept.ask(QUEUE).status == 200
        grace.page.get_by_role("button", name="Sign out").click()
        grace.page.wait_for_url(lambda url: not url.endswith(QUEUE))
        assert kept.ask(QUEUE).status == 403
        grace.page.go_back()
        assert "Answers" not in grace.text
        grace.page.goto(office.server.links["Grace"])
        grace.sees("Staff pages")


def test_the_links_of_one_run_open_nothing_in_the_next(tmp_path) -> None:
    """Tokens and sessions end with the server."""
    made = make_staff_class(tmp_path / "course", 3)
    with serving(made.folder, "Grace") as server:
        link, cookie = server.links["Grace"], signed_in(server).cookie
    with serving(made.folder, "Grace") as server:
        assert Line(server).ask("/enter?" + urlsplit(link).query).status == 403
        name = signed_in(server).cookie.split("=")[0]
        assert Line(server, f"{name}={cookie.split('=', 1)[1]}").ask("/").status == 403
