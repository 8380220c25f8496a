"""COCO's class names, so that a model trained on it needs no list: `classes = "coco"` or `"coco91"`.

Lin et al., "Microsoft COCO: Common Objects in Context" (2014): 80 things, with ids from 1 to 90.
"""

_IDS = (
    "", "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
    "fire hydrant", "", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow",
    "elephant", "bear", "zebra", "giraffe", "", "backpack", "umbrella", "", "", "handbag", "tie", "suitcase",
    "frisbee", "skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove", "skateboard",
    "surfboard", "tennis racket", "bottle", "", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana",
    "apple", "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch",
    "potted plant", "bed", "", "dining table", "", "", "toilet", "", "tv", "laptop", "mouse", "remote", "keyboard",
    "cell phone", "microwave", "oven", "toaster", "sink", "refrigerator", "", "book", "clock", "vase", "scissors",
    "teddy bear", "hair drier", "toothbrush",
)  # fmt: skip

#: name of a list -> the classes by index of a model's output; "" is never reported
LISTS: dict[str, tuple[str, ...]] = {
    "coco": tuple(name for name in _IDS if name),  # 80, as YOLO, YOLOX and NanoDet count them
    "coco91": _IDS,  # 91, by category id, as TensorFlow's zoo and DETR count them; 0 is the background
}
