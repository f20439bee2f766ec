"""Buttons, menus and forms of the fake Discord: what it accepts in a payload, and how a person finds them."""

from typing import Any

ROW, BUTTON, MENU, TEXT_INPUT = 1, 2, 3, 4
CUSTOM_ID_MAX, LABEL_MAX, OPTION_MAX, PLACEHOLDER_MAX, FIELD_LABEL_MAX, FIELD_MAX, TITLE_MAX = 100, 80, 100, 150, 45, 4000, 45
ROWS_MAX, BUTTONS_MAX, OPTIONS_MAX = 5, 5, 25

Json = dict[str, Any]


def all_components(rows: list[Json]) -> list[Json]:
    """The components of all rows, in order."""
    return [component for row in rows for component in row.get("components", ())]


def problem_with(rows: object) -> str | None:
    """Why Discord refuses these components of a message, or None."""
    if not isinstance(rows, list) or len(rows) > ROWS_MAX:
        return f"components: {ROWS_MAX} rows at most"
    for row in rows:
        if row.get("type") != ROW or not row.get("components"):
            return "components: a row with components is needed"
        menus = [one for one in row["components"] if one.get("type") == MENU]
        if len(row["components"]) > (1 if menus else BUTTONS_MAX):
            return "components: a row holds five buttons or one menu"
    found = all_components(rows)
    custom_ids = [one.get("custom_id") for one in found]
    if len(set(custom_ids)) != len(custom_ids):
        return "components: custom ids must be unique"
    return next(filter(None, map(_problem, found)), None)


def _problem(component: Json) -> str | None:
    custom_id = component.get("custom_id")
    if not isinstance(custom_id, str) or not 1 <= len(custom_id) <= CUSTOM_ID_MAX:
        return f"custom_id: must be between 1 and {CUSTOM_ID_MAX} in length"
    if component["type"] == BUTTON:
        return None if 1 <= len(component.get("label", "")) <= LABEL_MAX and component.get("style") in (1, 2, 3, 4) else "button: label or style"
    if component["type"] == MENU:
        return _problem_of_menu(component)
    return f"type: {component['type']} is not accepted here"


def _problem_of_menu(menu: Json) -> str | None:
    options = menu.get("options", [])
    if not 1 <= len(options) <= OPTIONS_MAX or len(menu.get("placeholder", "")) > PLACEHOLDER_MAX:
        return "menu: options or placeholder"
    if len({option["value"] for option in options}) != len(options):
        return "menu: values must be unique"
    fits = all(1 <= len(option[key]) <= OPTION_MAX for option in options for key in ("label", "value"))
    return None if fits else "menu: label or value of an option"


def problem_with_form(form: Json) -> str | None:
    """Why Discord refuses a form, or None."""
    fields = all_components(form.get("components", []))
    if not 1 <= len(form.get("title", "")) <= TITLE_MAX or not 1 <= len(form.get("custom_id") or "") <= CUSTOM_ID_MAX:
        return "form: title or custom_id"
    if not 1 <= len(fields) <= ROWS_MAX or any(one.get("type") != TEXT_INPUT for one in fields):
        return "form: one to five text inputs"
    fits = all(len(one["label"]) <= FIELD_LABEL_MAX and len(one.get("value", "")) <= one.get("max_length", FIELD_MAX) <= FIELD_MAX for one in fields)
    return None if fits else "form: label or value of a field"


def find_button(rows: list[Json], label: str) -> Json:
    """The button with this label. Raises LookupError."""
    found = [one for one in all_components(rows) if one["type"] == BUTTON and one.get("label") == label and not one.get("disabled")]
    if not found:
        raise LookupError(f"no button {label!r}")
    return found[0]


def find_menu(rows: list[Json]) -> Json:
    """The menu. Raises LookupError."""
    found = [one for one in all_components(rows) if one["type"] == MENU and not one.get("disabled")]
    if not found:
        raise LookupError("no menu")
    return found[0]


def labels(rows: list[Json]) -> list[str]:
    """What the buttons say."""
    return [one["label"] for one in all_components(rows) if one["type"] == BUTTON]
