"""What the containers of a site are given: few packages, no root, no way out but for the pages."""

from __future__ import annotations

import re

from lianzheng.bootstrap import ROOT

COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
IMAGE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def services() -> dict[str, str]:
    """Name -> its lines."""
    _, _, rest = COMPOSE.partition("\nservices:\n")
    body, _, _ = rest.partition("\nconfigs:\n")
    parts = re.split(r"^  (\w+):\n", body, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def networks(lines: str) -> list[str]:
    """Those that a service names, or else those of the lines all of ours share."""
    shared, _, _ = COMPOSE.partition("\nservices:\n")
    named = re.search(r"^    networks: \[(.*)\]$", lines, re.MULTILINE)
    found = named or re.search(r"^  networks: \[(.*)\]$", shared, re.MULTILINE)
    assert found is not None
    return found[1].split(", ")


def test_only_the_pages_are_on_a_network_that_leads_out() -> None:
    assert re.search(r"^networks:\n  inside:\n    internal: true\n  outside:$", COMPOSE, re.MULTILINE)
    assert {name: networks(lines) for name, lines in services().items()} == {
        "db": ["inside"],
        "roles": ["inside"],
        "migrate": ["inside"],
        "web": ["inside", "outside"],
        "worker": ["inside"],
        "backup": ["inside"],
    }


def test_database_has_no_port_and_the_pages_have_one_for_this_machine() -> None:
    ports = {name: re.findall(r"ports: (.*)", lines) for name, lines in services().items() if "ports:" in lines}
    assert ports == {"web": ['["${LIANZHENG_BIND:-127.0.0.1:8000}:8000"]']}


def test_image_has_the_packages_that_set_papers_and_no_other() -> None:
    (installed,) = re.findall(r"apt-get install -y --no-install-recommends (.+?) \\\n", IMAGE)
    assert installed.split() == ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"]
    assert re.findall(r"^FROM (.+)$", IMAGE, re.MULTILINE) == ["python:3.11-slim-bookworm"]
    assert "--require-hashes" in IMAGE


def test_containers_of_ours_run_without_root_on_a_file_system_that_is_not_written() -> None:
    assert re.findall(r"^USER (.+)$", IMAGE, re.MULTILINE) == ["lianzheng"]
    shared, _, _ = COMPOSE.partition("\nservices:\n")
    assert [
        line for line in ("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true") if line not in shared
    ] == []
    ours = {name for name, lines in services().items() if "<<: *application" in lines}
    assert ours == set(services()) - {"db"}
