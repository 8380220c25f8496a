"""What is wrong with bus, broker, store, detector or a notifier, in the page's language.

Their own words are English, from many libraries: what is usual is translated, the rest is shown as it is.
"""

import re

from fusion.command_room.words import Language

_USUAL = (
    (r"connection refused", "拒绝连接，对方没有运行"),
    (r"connection reset|broken pipe|connection lost|connection closed|closed by (server|peer)", "连接中断"),
    (r"timed out|timeout|no answer", "超时，没有应答"),
    (r"no route to host|network is unreachable", "网络不通"),
    (r"name or service not known|name resolution|nodename nor servname|getaddrinfo", "找不到主机名"),
    (
        r"not authori[sz]ed|bad user ?name|wrongpass|noauth|password authentication|authentication failed",
        "用户名或密码不被接受",
    ),
    (r"certificate", "证书不受信任"),
    (r"no space|disk (is )?full|database or disk is full", "磁盘已满"),
    (r"^disk \d+% used", "磁盘将满，且没有可删除的证据"),
    (r"chain of seals", "封存链末尾缺失或被改动，请立即核查"),
    (r"others may read the private key", "签名私钥权限过宽，他人可读"),
    (r"private key", "签名私钥不可用"),
    (r"read-?only", "只读，无法写入"),
    (r"disk i/o error", "磁盘读写错误"),
    (r"database is locked", "数据库被占用"),
    (r"subscription refused", "订阅被拒绝"),
    (r"messages that nobody takes", "消息积压，无人处理"),
    (r"takes nothing now", "暂不接收"),
    (r"^connecting$", "正在连接"),
    (r"this installation has no", "本机未安装所需的运行库"),
    (r"does not start; its libraries", "运行库或硬件缺失，无法启动"),
    (r"http error 4\d\d", "对方拒绝了请求"),
    (r"http error 5\d\d", "对方服务出错"),
)


def in_words(detail: str, language: Language) -> str:
    """A peer's detail for people: in Chinese with the original behind it, in English as it is."""
    if language == "en" or not detail:
        return detail
    known = next((zh for pattern, zh in _USUAL if re.search(pattern, detail, re.IGNORECASE)), None)
    return f"{known}（{detail}）" if known else detail
