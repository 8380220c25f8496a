"""Why a person says that an alarm was false: a closed list, so that fusion can learn from it, with words for people."""

from enum import StrEnum


class FalseReason(StrEnum):
    """What was there instead; the negatives of the domain, each by name."""

    CHAT = "chat"
    BUS_QUEUE = "bus_queue"
    SITS = "sits"
    VENDOR_PASSES = "vendor_passes"
    STALL_PACKS_UP = "stall_packs_up"
    LICENSED_CART = "licensed_cart"
    PARKED_CAR = "parked_car"
    PARKED_BICYCLE = "parked_bicycle"
    BAG_TAKEN_ALONG = "bag_taken_along"
    BIN_PUT_OUT = "bin_put_out"
    SHADOW = "shadow"
    WET_GROUND = "wet_ground"
    LIGHT_CHANGE = "light_change"
    LEAVES = "leaves"
    RAIN = "rain"
    OTHER = "other"  #: none of these; the free text says what

    @property
    def zh(self) -> str:
        """For people, in Chinese."""
        return _WORDS[self][0]

    @property
    def en(self) -> str:
        """For people, in English."""
        return _WORDS[self][1]

    def said(self, text: str = "") -> tuple[str, str]:
        """(Chinese, English), with what was added in free text."""
        return (f"{self.zh}：{text}", f"{self.en}: {text}") if text else (self.zh, self.en)


_WORDS: dict[FalseReason, tuple[str, str]] = {
    FalseReason.CHAT: ("行人停留交谈", "People chat"),
    FalseReason.BUS_QUEUE: ("候车排队", "A queue at the bus stop"),
    FalseReason.SITS: ("有人坐着休息", "Somebody sits"),
    FalseReason.VENDOR_PASSES: ("商贩路过、未经营", "A vendor only passes"),
    FalseReason.STALL_PACKS_UP: ("摊点正在收摊", "A stall packs up"),
    FalseReason.LICENSED_CART: ("有证摊点、规定时段", "A licensed cart at its hours"),
    FalseReason.PARKED_CAR: ("停放的车辆", "A parked car"),
    FalseReason.PARKED_BICYCLE: ("停放的自行车、电动车", "A parked bicycle"),
    FalseReason.BAG_TAKEN_ALONG: ("物品随后带走", "A bag that was taken along"),
    FalseReason.BIN_PUT_OUT: ("待收运的垃圾桶", "A bin put out for collection"),
    FalseReason.SHADOW: ("阴影", "A shadow"),
    FalseReason.WET_GROUND: ("地面积水、湿痕", "Wet ground"),
    FalseReason.LIGHT_CHANGE: ("光线变化、车灯", "A change of light, headlights"),
    FalseReason.LEAVES: ("树叶晃动、落叶", "Leaves"),
    FalseReason.RAIN: ("雨、雪、飞虫", "Rain, snow or insects"),
    FalseReason.OTHER: ("其他", "Something else"),
}
