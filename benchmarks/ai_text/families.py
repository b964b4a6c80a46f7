"""The family of a generator and the year its models came out, from the names that the data sets give."""

import re

_FAMILIES: tuple[tuple[str, str, str], ...] = (  # pattern of the name in lower case, family, years; the first that fits
    (r"claude-2026|claude-(opus|sonnet)-4-[67]", "Claude 4.6 and later", "2026"),
    (r"gpt-5", "GPT-5.4, 5.5", "2026"),
    (r"gemini-3", "Gemini 3.1", "2026"),
    (r"grok-4", "Grok 4.20, 4.3", "2026"),
    (r"deepseek-v(32|4)|glm-5|kimi-k2|minimax-m2|qwen3\.[56]|mimo|ernie-5|seed-2|hy3|mistral-(large-2512|medium-3\.5)",
     "other models of 2025-26", "2025-26"),
    (r"gpt-oss|gpt-4\.1|o4-mini|^o3$|o3-mini|quasar|optimus", "GPT-4.1, o3, o4-mini, gpt-oss", "2025"),
    (r"claude-(3-7|opus-4|sonnet-4)", "Claude 3.7, 4", "2025"),
    (r"gemini-2|gemma-?3", "Gemini 2, Gemma 3", "2025"),
    (r"deepseek-(r1|v3)|qwen3|qwq|llama-?4|grok-3|glm-4-(32b|9b-free)|phi-4|reka-flash-3|mistral-medium-3|command-a|aion|euryale",
     "other models of 2025", "2025"),
    (r"gpt-?4-?o|chatgpt-4o|o1-mini", "GPT-4o, o1", "2024"),
    (r"gpt-?4", "GPT-4", "2023-24"),
    (r"gpt-?3|chatgpt|text_davinci_003", "GPT-3.5", "2022-24"),
    (r"claude", "Claude to 3.5", "2023-24"),
    (r"gemini|palm|gemma", "Gemini 1, Gemma 1 and 2, PaLM", "2023-24"),
    (r"llama|vicuna|tulu|wizardlm|xwinlm|alpaca|guanaco|airoboros|humpback|openbuddy|ultralm", "Llama 1 to 3 and tunes", "2023-24"),
    (r"qwen|yi-|deepseek|internlm|baichuan|chatglm|glm", "Qwen, Yi, DeepSeek, GLM to 2024", "2023-24"),
    (r"mistral|mixtral|zephyr|starling|storm|conifer", "Mistral and tunes", "2023-24"),
)  # fmt: skip
OTHER = ("others", "2023-25")


def family(generator: str) -> tuple[str, str]:
    """Family and years."""
    name = generator.lower()
    return next(((family, years) for pattern, family, years in _FAMILIES if re.search(pattern, name)), OTHER)
