"""Names of the demo zone. The two roads of the crossing are the zone's own; all others are invented."""


def _words(*lines: str) -> list[str]:
    return " ".join(lines).split()


VILLAGES = _words(
    "柳塘 云溪 竹岙 上樟 下樟 石桥 枫林 荷叶塘 前洪 后洪 东畈 西畈 梅坞 白岩 青口 杨梅岭 古井 桐源 稻田 双港",
    "蒋坞 金沙 楼下 芦花 新塘 乌石 横塘 陶家 鹤田",
)
ESTATES = _words("锦程 宏达 金麟 百川 鼎新 华彩 恒泰 众合 凯源 瑞丰 天工 博越 长兴")
#: west–east roads from south to north, and south–north roads from west to east
ROWS = _words("春晗路 望江路 西城路 工人路 北湖路 雪峰路 丹溪路 香山路 城北路")
COLUMNS = _words(
    "大安路 塔下路 莲塘路 商博路 拥军路 凤凰路 铁岭路 机场路 四海路 诚信路 国贸路 秦塘路 柳青路",
)
FAMILIES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
GIVEN = _words(
    "伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 霞 平 刚 桂英 建国 秀兰 志强 玉梅 小红 海燕 国庆 春花 文斌",
    "晓东 美玲 永康 婷婷 家豪 雪莲 立新 金凤 德胜 慧敏",
)
DIGITS = "一二三四五六七八九十"
