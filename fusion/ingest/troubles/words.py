"""A plain sentence about each trouble, (Chinese, English), with its figures."""

from datetime import timedelta

from fusion.types.terminal import TroubleKind

Sentence = tuple[str, str]

_AWAY = {
    TroubleKind.OFFLINE: ("离线：连不上摄像机，或连接被对方断开。", "Offline: unreachable, or closed by the camera"),
    TroubleKind.REFUSED: ("拒绝访问：用户名、密码或路径不被接受。", "Refused: login or path is not accepted"),
    TroubleKind.NO_VIDEO: ("无视频：已连接，但收不到画面。", "No video: connected, but no picture comes"),
    TroubleKind.UNSUPPORTED: (
        "无法解码：编码格式或档次不受支持。",
        "Unsupported: no decoder here reads its codec or profile",
    ),
}


def none() -> Sentence:
    """For what is not told."""
    return "", ""


def away(kind: TroubleKind, detail: str) -> Sentence:
    """No picture can be had; `detail` is English."""
    zh, en = _AWAY[kind]
    return zh, f"{en}: {detail.rstrip('.')}." if detail else f"{en}."


def rate_fallen(fps: float, usual_fps: float, bps: float, usual_bps: float) -> Sentence:
    """Pictures and bits a second, now and usually."""
    now, usual = f"{bps / 1000:.0f} kbit/s", f"{usual_bps / 1000:.0f} kbit/s"
    return (
        f"码流下降：每秒 {fps:.1f} 帧、{now}，平时为每秒 {usual_fps:.1f} 帧、{usual}。",
        f"Rate fallen: {fps:.1f} pictures/s and {now}, usually {usual_fps:.1f} pictures/s and {usual}.",
    )


def packet_loss(share: float, over_s: float) -> Sentence:
    """Share of packets lost over so many seconds."""
    return (
        f"丢包：最近 {over_s:.0f} 秒丢失 {100 * share:.1f}% 的数据包。",
        f"Packet loss: {100 * share:.1f} % of the packets of the last {over_s:.0f} s are missing.",
    )


def sparse(gap_s: float, wanted_s: float) -> Sentence:
    """Time between keyframes, and the longest that the zones allow."""
    return (
        f"关键帧过稀：每 {gap_s:.1f} 秒一个，区域要求不超过 {wanted_s:g} 秒；请在摄像机中缩短关键帧间隔。",
        f"Keyframes too far apart: one each {gap_s:.1f} s, its zones want one each {wanted_s:g} s; set a shorter one.",
    )


def clock(offset_s: float) -> Sentence:
    """The camera's clock less ours."""
    zh, en = _long(abs(offset_s))
    return (
        f"时钟偏差：摄像机时钟{'快' if offset_s > 0 else '慢'} {zh}。",
        f"Clock off: the camera's clock is {en} {'ahead' if offset_s > 0 else 'behind'}.",
    )


def frozen(looks: int, held: timedelta) -> Sentence:
    """The same picture in so many looks over so long."""
    zh, en = _long(held.total_seconds())
    return (
        f"画面冻结：{zh}内 {looks} 次查看都是同一幅画面。",
        f"Frozen: {looks} looks over {en} show the same picture.",
    )


def black(share: float, luma: int) -> Sentence:
    """Share of the picture no brighter than a luma."""
    return (
        f"画面全黑：{100 * share:.0f}% 的画面亮度不超过 {luma}（满值 255）。",
        f"Black: {100 * share:.0f} % of the picture is no brighter than {luma} of 255.",
    )


def over_exposed(share: float, luma: int) -> Sentence:
    """Share of the picture at least as bright as a luma."""
    return (
        f"画面过曝：{100 * share:.0f}% 的画面亮度达到 {luma} 以上（满值 255）。",
        f"Over-exposed: {100 * share:.0f} % of the picture is {luma} of 255 or brighter.",
    )


def blurred(ratio: float | None) -> Sentence:
    """Sharpness, as a share of what is usual; None: never sharp since it is watched."""
    if ratio is None:
        return "画面模糊：接入以来一直不清晰。", "Blurred: never sharp since it is watched."
    return (
        f"画面模糊：清晰度只有平时的 {100 * ratio:.0f}%。",
        f"Blurred: the sharpness is {100 * ratio:.0f} % of what is usual.",
    )


def covered(share: float) -> Sentence:
    """Share of the view that lost its structure."""
    return (
        f"镜头被遮挡：{100 * share:.0f}% 的画面失去了细节。",
        f"Covered: {100 * share:.0f} % of the view lost its structure.",
    )


def moved(right: float, down: float, turn_deg: float, zoom: float) -> Sentence:
    """How the view went: shares of the picture's width and height, degrees clockwise, factor."""
    zh, en = [], []
    for share, (zh_more, en_more), (zh_less, en_less) in (
        (right, ("向右", "to the right"), ("向左", "to the left")),
        (down, ("向下", "down"), ("向上", "up")),
    ):
        if abs(share) >= 0.005:
            zh.append(f"{zh_more if share > 0 else zh_less} {100 * abs(share):.0f}%")
            en.append(f"{100 * abs(share):.0f} % {en_more if share > 0 else en_less}")
    if abs(turn_deg) >= 1:
        zh.append(f"转动 {abs(turn_deg):.0f}°")
        en.append(f"turned by {abs(turn_deg):.0f}°")
    if abs(zoom - 1) >= 0.02:
        zh.append(f"缩放为 {100 * zoom:.0f}%")
        en.append(f"scaled to {100 * zoom:.0f} %")
    return (
        f"画面移位：原画面{'、'.join(zh)}；请检查摄像机朝向和区域划定。",
        f"Moved: the old view lies {', '.join(en)} in the picture; check the camera's direction and its zones.",
    )


def lost(share: float) -> Sentence:
    """The old view is nowhere in the picture; share of its places that are seen no more."""
    return (
        f"画面移位：原画面 {100 * share:.0f}% 的位置已看不到；摄像机转向了别处，或镜头前有物体。",
        f"Moved: {100 * share:.0f} % of the old view is gone; it looks elsewhere, or something stands before it.",
    )


def _long(seconds: float) -> Sentence:
    for unit_s, zh, en in (
        (86_400 * 365.25, "年", "years"),
        (86_400, "天", "days"),
        (3600, "小时", "h"),
        (60, "分钟", "min"),
    ):
        if seconds >= 2 * unit_s:
            return f"{seconds / unit_s:.0f} {zh}", f"{seconds / unit_s:.0f} {en}"
    return f"{seconds:.1f} 秒", f"{seconds:.1f} s"
