"""Reading an answer as a browser or a reader would."""

from typing import Any

from django.http import HttpResponseBase
from lxml import html as lxml_html
from lxml.html import HtmlElement

NOT_SENT = {"submit", "button", "image", "reset", "file"}


def tree(response: Any) -> HtmlElement:
    return lxml_html.document_fromstring(response.content.decode())


def words(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def one(element: HtmlElement, xpath: str) -> HtmlElement:
    """The one element that is there; anything else is an error."""
    (found,) = element.xpath(xpath)
    assert isinstance(found, HtmlElement)
    return found


def texts(response: Any, xpath: str) -> list[str]:
    return [words(element) for element in tree(response).xpath(xpath)]


def links(response: Any, within: str = "//main") -> list[str]:
    """Where the links of a part of the page lead, in order."""
    return [str(href) for href in tree(response).xpath(f"{within}//a/@href")]


def form_data(response: Any, form: str = "//form[@method='post'][.//input[@name='_save']]") -> dict[str, Any]:
    """What a browser would send if the form were sent as it stands, without any button."""
    sent: dict[str, Any] = {}
    found = tree(response).xpath(form)
    for field in found[0].xpath(".//input[@name] | .//select[@name] | .//textarea[@name]"):
        name = field.get("name")
        if field.get("disabled") is not None or field.get("type", "") in NOT_SENT:
            continue
        if field.tag == "select" and field.get("multiple") is not None:
            sent[name] = [option.get("value") for option in field.xpath(".//option[@selected]")]
        elif field.tag == "select":
            chosen = field.xpath(".//option[@selected]") or field.xpath(".//option")[:1]
            sent[name] = chosen[0].get("value", "") if chosen else ""
        elif field.get("type") == "checkbox":
            if field.get("checked") is not None:
                sent.setdefault(name, []).append(field.get("value", "on"))
        elif field.tag == "textarea":
            sent[name] = (field.text or "").removeprefix("\n")
        else:
            sent[name] = field.get("value", "")
    return sent


def errors(response: Any) -> dict[str, list[str]]:
    """The messages of an admin form, by the field they stand beside."""
    found: dict[str, list[str]] = {}
    for box in tree(response).xpath("//*[contains(concat(' ', @class, ' '), ' errorlist ')]"):
        row = box.xpath("ancestor::*[contains(@class, 'form-row') or contains(@class, 'fieldBox')][1]")
        labels = box.get("id", "").removeprefix("id_").removesuffix("_error")
        if not labels and row:
            inputs = row[0].xpath(".//*[@name]/@name")
            labels = inputs[0] if inputs else ""
        found.setdefault(labels, []).extend(words(item) for item in box.xpath("./li"))
    return found


def is_redirect_to(response: HttpResponseBase, path: str) -> bool:
    return response.status_code in (301, 302, 303) and response.headers["Location"] == path
