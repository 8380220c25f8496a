"""What a crop may show, as people mark it: the right ones, and the reasons why an alarm was false.

The words are those of the one-tap list that the command room offers.
"""

from fusion.types.errors import SiteError
from fusion.types.signal import EventKind

#: (Chinese, English) of each class that is rightly told
RIGHT: dict[str, tuple[str, str]] = {
    "stall": ("摆摊经营", "stall at work"),
    "stall_closed": ("收摊停放的摊位", "stall that is closed"),
    "rubbish": ("垃圾", "rubbish"),
}
#: (Chinese, English) of each reason for a false alarm
FALSE: dict[str, tuple[str, str]] = {
    "chat": ("行人交谈", "people chatting"),
    "bus_queue": ("候车排队", "queue at a bus stop"),
    "sits": ("有人闲坐", "somebody sitting"),
    "vendor_passes": ("商贩路过", "vendor passing through"),
    "stall_packs_up": ("正在收摊", "stall packing up"),
    "licensed_cart": ("持证摊车", "licensed cart"),
    "parked_car": ("停放车辆", "parked car"),
    "parked_bicycle": ("停放自行车", "parked bicycle"),
    "bag_taken_along": ("随后带走的包", "bag taken along"),
    "bin_put_out": ("待收运垃圾桶", "bin put out for collection"),
    "shadow": ("影子", "shadow"),
    "wet_ground": ("湿地面", "wet ground"),
    "light_change": ("光线变化", "change of light"),
    "leaves": ("树叶", "leaves"),
    "rain": ("雨", "rain"),
    "other": ("其他", "something else"),
}
OTHER = "other"
NAMES: dict[str, tuple[str, str]] = {**RIGHT, **FALSE}
#: which classes make an event of a kind right; a site's own kind is not judged by the second stage
RIGHT_FOR: dict[str, frozenset[str]] = {
    EventKind.STREET_STALL: frozenset({"stall", "stall_closed"}),
    EventKind.WASTE_DUMPING: frozenset({"rubbish"}),
}
#: the class of an event that was handled as told, where nobody said more
USUAL: dict[str, str] = {EventKind.STREET_STALL: "stall", EventKind.WASTE_DUMPING: "rubbish"}


def check_class(word: str, where: str) -> str:
    """The class itself, or SiteError that lists the valid ones."""
    if word not in NAMES:
        raise SiteError(f"{where}: {word!r} is no class; valid: {', '.join(NAMES)}")
    return word
