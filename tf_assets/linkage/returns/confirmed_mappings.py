"""What a person has confirmed of a council's headings and words, recorded as it arrives and remembered for ever."""

import contextlib

from tf_assets.linkage.arrivals import ArrivalRegister
from tf_assets.linkage.originals import file_sha256
from tf_assets.linkage.registering import originals_of, register_file
from tf_assets.linkage.returns.mapping_files import confirmed_file, mapping_files
from tf_assets.linkage.returns.mappings import CouncilMapping, parse_mapping
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.home import Home


def confirmed_mapping(home: Home, council_code: str) -> CouncilMapping | None:
    """The mapping in force for a council: the one confirmed last, recorded now if it was not before.

    It stays in force while its file is edited, until the file is confirmed again. `InputRefused` names the line of a
    file that has a fault.
    """
    found = confirmed_file(home.mappings, council_code)
    if found:
        register_file(home, found.path, "mapping", council_code)
    last = ArrivalRegister.of_home(home).current("mapping", council_code)
    return parse_mapping(originals_of(home).read(last.sha256), council_code) if last else None


def mapping_fingerprints(home: Home) -> dict[str, str]:
    """For each council with a confirmed mapping, what tells it from another; a return is read again when it changes.

    No key is needed: a sensor asks for it.
    """
    found = {each.slot: each.sha256 for each in ArrivalRegister.of_home(home).all("mapping")}
    for council_code in {each.council_code for each in mapping_files(home.mappings) if each.state == "confirmed"}:
        with contextlib.suppress(InputRefused):  # the run that reads it says what is wrong
            if confirmed := confirmed_file(home.mappings, council_code):
                found[council_code] = file_sha256(confirmed.path)
    return found
