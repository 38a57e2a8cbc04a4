"""The shipped scoring schemes. 六维百分制: dimensions of «排查工作的报告» 一（二）. 四维: those of «等级评估办法» 三.

No source gives weights or the wording of grades; these are ours, and each bureau may draft its own.
"""

from typing import Any

SIX_NAME = "六维百分制"
SIX: tuple[dict[str, Any], ...] = (
    {
        "code": "importance",
        "name": "权力重要程度",
        "weight": "20",
        "wording": (
            "无审批、执法、人财物权（工勤、服务）",
            "经办性、程序性权力",
            "部分许可、执法或人财物权",
            "重要许可、执法或资金权的经办或审核",
            "三重一大：重大决策、重要人事、重大项目、大额资金决定权",
        ),
    },
    {
        "code": "discretion",
        "name": "自由裁量空间",
        "weight": "20",
        "wording": (
            "完全按清单办，无选择",
            "标准细化，偶有判断",
            "有幅度，有基准",
            "幅度大，基准粗",
            "标准缺失或一人可定",
        ),
    },
    {
        "code": "probability",
        "name": "腐败现象发生概率",
        "weight": "20",
        "wording": (
            "几乎无服务对象接触",
            "接触少，全程留痕",
            "常接触，有人监督",
            "频繁接触，利益明显",
            "高频接触、利益大、单人办理",
        ),
    },
    {
        "code": "harm",
        "name": "危害损失大小",
        "weight": "20",
        "wording": (
            "轻微不便",
            "个别当事人受损，可补救",
            "一定损失或不良影响",
            "较大公共资金或群众利益损失",
            "重大损害或严重影响政府形象，可能触犯刑律",
        ),
    },
    {
        "code": "mechanism",
        "name": "制度机制完善性（越不完善分越高）",
        "weight": "10",
        "wording": (
            "制度全、执行好、信息化固化",
            "制度全，个别需修订",
            "有制度，需完善",
            "缺关键环节制度",
            "无制度或长期不执行",
        ),
    },
    {
        "code": "history",
        "name": "历史问题发生频率",
        "weight": "10",
        "wording": (
            "近5年无",
            "有轻微投诉",
            "近5年有查实投诉或提醒",
            "近3年有预警或问责",
            "近3年有违纪违法",
        ),
    },
)

FOUR_NAME = "四维评估"
FOUR: tuple[dict[str, Any], ...] = (
    {
        "code": "possibility",
        "name": "风险发生可能性",
        "weight": "25",
        "wording": ("几乎不会发生", "偶有可能", "有一定可能", "可能性较大", "极易发生"),
    },
    {
        "code": "harm",
        "name": "危害性",
        "weight": "25",
        "wording": ("轻微不便", "个别当事人受损，可补救", "一定损失或不良影响", "较大损失", "重大损害或严重影响"),
    },
    {
        "code": "discretion",
        "name": "自由裁量权",
        "weight": "25",
        "wording": ("完全按清单办", "标准细化，偶有判断", "有幅度，有基准", "幅度大，基准粗", "标准缺失或一人可定"),
    },
    {
        "code": "funds",
        "name": "行政权力与资金关联程度",
        "weight": "25",
        "wording": ("与资金无关", "间接相关", "经办小额资金", "经办或审核较大资金", "决定大额资金"),
    },
)
VETOES: tuple[dict[str, str], ...] = (
    {"code": "major", "text": "对权力行使能产生重大影响"},
    {"code": "unlimited", "text": "自由裁量权没有合理限制"},
    {"code": "history", "text": "曾经发生过不廉洁问题"},
)
"""Any one of them makes level one, where a scheme switches it on («动态管理与分级管理制度»)."""
SHIPPED = {"six": (SIX_NAME, SIX), "four": (FOUR_NAME, FOUR)}
