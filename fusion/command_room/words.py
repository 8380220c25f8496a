"""Every word of the page, Chinese first. A key that is missing in either language fails a test."""

from typing import Literal

from fusion.command_room.desk_words import DESK_WORDS

Language = Literal["zh", "en"]

WORDS: dict[str, tuple[str, str]] = {
    "title": ("综合指挥室", "Command room"),
    "sign_in": ("登录", "Sign in"),
    "sign_out": ("退出", "Sign out"),
    "user": ("用户名", "User name"),
    "password": ("密码", "Password"),
    "new_password": ("新密码（至少 10 个字符）", "New password (10 characters or more)"),
    "change_password": ("修改密码", "Change password"),
    "must_change": ("首次登录，请先设置自己的密码。", "First sign-in: please set a password of your own."),
    "wrong_login": ("用户名或密码不对。", "User name or password is wrong."),
    "wait": ("尝试次数过多，请 {seconds} 秒后再试。", "Too many attempts; try again in {seconds} s."),
    "too_short": ("密码太短：至少 10 个字符。", "Password too short: 10 characters or more."),
    "situation": ("态势", "Situation"),
    "cases": ("案卷", "Cases"),
    "open_cases": ("未结案", "Open"),
    "no_cases": (
        "目前没有案卷。摄像头正在查看，有情况会立即出现在这里。",
        "No case yet. Terminals are being looked at; a case appears here at once.",
    ),
    "all_cases": ("全部", "All"),
    "terminals": ("监控终端", "Terminals"),
    "workers": ("网格员", "Grid workers"),
    "on_duty": ("在岗", "On duty"),
    "off_duty": ("不在岗", "Off duty"),
    "grid": ("网格", "Grid"),
    "small_grid": ("小网格", "Small grid"),
    "terminal": ("终端", "Terminal"),
    "zone": ("管控区域", "Zone"),
    "place": ("位置", "Place"),
    "uncertainty": ("误差约 {metres} 米", "within {metres} m"),
    "outside": ("不在任何网格内", "outside every grid"),
    "opened_at": ("立案时间", "Opened"),
    "worker": ("网格员", "Worker"),
    "why_worker": ("派给此人的理由", "Why this worker"),
    "nobody": ("尚未派出", "nobody told yet"),
    "why": ("立案理由", "Why"),
    "due": ("接单时限", "Acknowledge by"),
    "escalated": ("无人接单，请指挥室处理", "Nobody answered: the command room decides"),
    "due_again": ("再次寻找网格员", "A worker is looked for again"),
    "due_nobody": ("不再自动派遣，等待指挥室处理", "not by itself any more: the command room decides"),
    "in_s": ("{n} 秒后", "in {n} s"),
    "in_min": ("{n} 分钟后", "in {n} min"),
    "in_h": ("{n} 小时后", "in {n} h"),
    "overdue": ("已到时", "due now"),
    "pictures": ("现场图片", "Pictures"),
    "no_pictures": ("图片尚未到达。", "No picture has arrived yet."),
    "timeline": ("经过", "Timeline"),
    "number": ("编号", "Number"),
    "live_view": ("实时画面", "Live view"),
    "no_view": ("该终端没有可显示的画面。", "This terminal has no picture to show."),
    "acknowledge": ("代为接单", "Acknowledge"),
    "handle": ("标记已处置", "Mark handled"),
    "close": ("结案", "Close"),
    "reject": ("误报", "False alarm"),
    "dispatch": ("派遣", "Dispatch"),
    "reason": ("理由", "Reason"),
    "give_reason": ("为什么是误报？", "Why is it a false alarm?"),
    "cancel": ("取消", "Cancel"),
    "confirm": ("确定", "Confirm"),
    "done": ("已完成：{deed}", "Done: {deed}"),
    "stale": (
        "案卷刚被他人更新，已刷新，请再看一遍。",
        "The case was changed by somebody else; refreshed, please look again.",
    ),
    "not_found": ("没有这个案卷。", "There is no such case."),
    "back": ("返回", "Back"),
    "peer_well": ("{name} 正常", "{name} well"),
    "peer_lost": (
        "{name} 自 {since} 起不可达，显示的是此前所知",
        "{name} not reachable since {since}; showing what was known",
    ),
    "bus": ("消息总线", "Bus"),
    "broker": ("MQTT 服务", "Broker"),
    "store": ("数据库", "Store"),
    "detector": ("检测器", "Detector"),
    "stands_in": (
        "{name} 未能使用首选硬件，已改用备用，检测较慢",
        "{name} runs on a stand-in for the hardware that the site wants: slower",
    ),
    "part_stands_in": ("备用运行", "stands in"),
    "notifier": ("通知“{name}”", "Notifier {name}"),
    "notifier_lost": (
        "{name} 自 {since} 起失败，告警照常经 MQTT 发出",
        "{name} failing since {since}; alerts go out by MQTT as ever",
    ),
    "parts": ("系统组成", "Parts of the system"),
    "part_well": ("正常", "well"),
    "part_lost": ("异常", "not well"),
    "camera_health": ("摄像机状况", "Camera health"),
    "troubled_count": ("摄像机异常 {count}", "{count} cameras with troubles"),
    "what_is_wrong": ("异常情况", "What is wrong"),
    "since": ("起始", "Since"),
    "on_map": ("地图", "Map"),
    "show_on_map": ("在地图上查看", "show on the map"),
    "no_troubles": ("没有发现摄像机异常。", "Nothing is wrong with any camera."),
    "and_more": ("另有 {count} 个终端，请按异常类型筛选。", "{count} more terminals: choose a kind to see them."),
    "reader_fallback": ("使用备用读取方式（PyAV）", "read by the fallback (PyAV)"),
    "health": ("状态", "Health"),
    "stream": ("码流", "Stream"),
    "overload": ("查看能力不足 ×{stretch}", "Looking stretched ×{stretch}"),
    "streams": ("接入 {live}/{connected}", "{live}/{connected} streams live"),
    "registered_count": ("登记 {count}", "{count} registered"),
    "on_duty_count": ("在岗 {count} 人", "{count} on duty"),
    "legend": ("图例", "Legend"),
    "state.opened": ("已立案", "Opened"),
    "state.dispatched": ("已派遣", "Dispatched"),
    "state.acknowledged": ("已接单", "Acknowledged"),
    "state.handled": ("已处置", "Handled"),
    "state.closed": ("已结案", "Closed"),
    "state.rejected": ("误报", "False alarm"),
    "trouble.any": ("在线，有异常", "Live, with a trouble"),
    "trouble.offline": ("离线", "Offline"),
    "trouble.refused": ("拒绝访问", "Refused"),
    "trouble.no_video": ("无视频", "No video"),
    "trouble.unsupported": ("无法解码", "Unsupported"),
    "trouble.frozen": ("画面冻结", "Frozen"),
    "trouble.black": ("画面全黑", "Black"),
    "trouble.over_exposed": ("画面过曝", "Over-exposed"),
    "trouble.blurred": ("画面模糊", "Blurred"),
    "trouble.covered": ("镜头被遮挡", "Covered"),
    "trouble.moved": ("画面移位", "Moved"),
    "trouble.clock_off": ("时钟偏差", "Clock off"),
    "trouble.rate_fallen": ("码流下降", "Rate fallen"),
    "trouble.packet_loss": ("丢包", "Packet loss"),
    "trouble.sparse_keyframes": ("关键帧过稀", "Sparse keyframes"),
    "health.registered": ("已登记，未接入", "Registered, not connected"),
    "health.connecting": ("连接中", "Connecting"),
    "health.live": ("在线", "Live"),
    "health.offline": ("离线", "Offline"),
    "health.refused": ("拒绝访问", "Refused"),
    "health.silent": ("无画面", "No picture"),
    "health.undecodable": ("无法解码", "Cannot be decoded"),
    "deed.opened": ("立案", "Opened"),
    "deed.signal": ("又一信号", "Another signal"),
    "deed.evidence": ("证据入卷", "Evidence added"),
    "deed.received": ("手机已收到", "Received by the phone"),
    "deed.cleared": ("画面显示已清除", "Seen to be clear"),
    "deed.dispatch": ("派遣", "Dispatched"),
    "deed.acknowledge": ("接单", "Acknowledged"),
    "deed.decline": ("拒单", "Declined"),
    "deed.pass_on": ("超时转派", "Passed on"),
    "deed.escalate": ("升级至指挥室", "Escalated"),
    "deed.handle": ("处置完毕", "Handled"),
    "deed.close": ("结案", "Closed"),
    "deed.reject": ("判为误报", "Rejected as false"),
    "learnt": ("误报与建议", "False alarms and suggestions"),
    "reliability": ("可信度", "Reliability"),
    "marked": ("属实 {trues} · 误报 {falses}", "{trues} true · {falses} false"),
    "no_marks": ("尚无人工标记。", "Nobody has marked anything yet."),
    "suggested": ("建议", "Suggestions"),
    "try_it": ("保存前请先用 fusion replay 试算。", "Try it with fusion replay before it is saved."),
    "add_text": ("补充说明（可不填）", "Add something (optional)"),
    "one_tap": ("点一下即提交", "One tap files it"),
    "day_time": ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S"),
    "ago_s": ("{n} 秒前", "{n} s ago"),
    "ago_min": ("{n} 分钟前", "{n} min ago"),
    "ago_h": ("{n} 小时前", "{n} h ago"),
    "since_today": ("今天 {time} 起，已 {lasted}", "since {time} today, for {lasted}"),
    "since_yesterday": ("昨天 {time} 起，已 {lasted}", "since {time} yesterday, for {lasted}"),
    "since_day": ("{day} {time} 起，已 {lasted}", "since {time} on {day}, for {lasted}"),
    "day": ("%Y年%-m月%-d日", "%-d %b %Y"),
    "for_s": ("{n} 秒", "{n} s"),
    "for_min": ("{n} 分钟", "{n} min"),
    "for_h": ("{n} 小时", "{n} h"),
    "for_d": ("{n} 天", "{n} d"),
} | DESK_WORDS


def say(key: str, language: Language, **facts: object) -> str:
    """The words of a key; an unknown key (a site's own deed, say) is shown as it is."""
    pair = WORDS.get(key)
    if pair is None:
        return key.rpartition(".")[2]
    return pair[0 if language == "zh" else 1].format(**facts)


def ago(seconds: float, language: Language) -> str:
    """How long ago, in the largest fitting unit."""
    if seconds < 60:
        return say("ago_s", language, n=max(0, int(seconds)))
    if seconds < 3600:
        return say("ago_min", language, n=int(seconds // 60))
    return say("ago_h", language, n=int(seconds // 3600))


def until(seconds: float, language: Language) -> str:
    """In how long, in the largest fitting unit."""
    if seconds <= 0:
        return say("overdue", language)
    if seconds < 60:
        return say("in_s", language, n=int(seconds) + 1)
    if seconds < 3600:
        return say("in_min", language, n=round(seconds / 60))
    return say("in_h", language, n=round(seconds / 3600))


def lasted(seconds: float, language: Language) -> str:
    """How long, in the two largest units: "3 d 4 h", "2 h 5 min", "7 min", "40 s"."""
    rest = max(0, int(seconds))
    parts: list[tuple[str, int]] = []
    for unit, length_s in (("d", 86_400), ("h", 3600), ("min", 60)):
        count, rest = divmod(rest, length_s)
        if count or parts:
            parts.append((unit, count))
    shown = [(unit, count) for unit, count in parts[:2] if count] or [("s", rest)]
    return " ".join(say(f"for_{unit}", language, n=count) for unit, count in shown)
