"""For every HTML rule of `llm_residue.yaml` pages as they come out of the interface, and others that look like it.

Written by hand from what pasted answers look like in public repositories and pages; none is made from a pattern.
"""

_RUN = (
    '<p data-start="0" data-end="120">a</p><h2 data-start="122" data-end="140">b</h2><ul data-start="142" '
    'data-end="200"><li data-start="142" data-end="170"><strong data-start="144" data-end="150">c</strong></li>'
    '<li data-start="171" data-end="200">d</li></ul><p data-start="202" data-end="300">e</p>'
)
_FONT = '<font style="vertical-align: inherit;"><font style="vertical-align: inherit;">{}</font></font>'

# rule: (pages in which it must be found, pages in which it must not)
HTML: dict[str, tuple[list[str], list[str]]] = {
    "chatgpt-last-node": (
        [
            '<p data-start="984" data-end="1019" data-is-last-node="" data-is-only-node="">x</p>',
            '<p data-end="537" data-is-last-node data-start="507">x</p>',
        ],
        ['<li data-is-last-node="true">x</li>', '<li data-is-last-node="">x</li>', "<p>data-is-last-node</p>"],
    ),
    "chatgpt-node-run": (
        [_RUN],
        [
            "".join(f'<div class="counter" data-start="0" data-end="{n}">0</div>' for n in (120, 45, 3000)),
            "".join(f'<li data-start="{y}" data-end="{y + 9}">era</li>' for y in (1900, 1950, 1980)),
            '<p data-start="0" data-end="120">only one</p>',
        ],
    ),
    "chatgpt-message": (
        ['<div data-message-author-role="assistant" data-message-model-slug="gpt-4o"><p>x</p></div>'],
        ['<div data-message-model-slug="{{ slug }}">x</div>', '<div title="data-message-model-slug=gpt">x</div>'],
    ),
    "chatgpt-role": (
        ['<div data-message-author-role="assistant">x</div>'],
        ['<div data-message-author-role="user">x</div>', '<div data-message-author="assistant">x</div>'],
    ),
    "claude-class": (
        ['<div class="grid font-claude-response relative">x</div>', '<div class="font-claude-message">x</div>'],
        ['<div class="my-font-claude-response-body-x">x</div>', '<div id="font-claude-message">x</div>'],
    ),
    "gemini-node": (
        ['<p data-path-to-node="3">x</p><ul data-path-to-node="4"><li data-path-to-node="4,0,0">y</li></ul>'],
        ['<div data-path-to-node="/root/tree/leaf">x</div>', '<div data-path-to-nodes="1,2">x</div>'],
    ),
    "deepseek-paragraph": (
        ['<p class="ds-markdown-paragraph"><strong>x</strong></p>'],
        ['<p class="nds-markdown-paragraph">x</p>', '<p class="ds-markdown-paragraphs">x</p>'],
    ),
    "other-chat-class": (
        [
            '<div class="response-content-markdown prose">x</div>',
            '<pre><div class="hyc-common-markdown__code">x</div></pre>',
        ],
        ['<div class="response-content-markdowns">x</div>', '<a href="/docs/qwen-markdown">x</a>'],
    ),
    "openai-search-image-element": (
        ['<img src="https://images.openai.com/thumbnails/url/KHDW6nicDcnbCoIwAADQv">'],
        [
            '<img src="https://images.openai.com/blob/logo.png">',
            '<a href="https://images.openai.com/static-rsc-4/x">y</a>',
        ],
    ),
    "tagged-link": (
        [
            '<p><a href="https://museum.example/hours?a=1&amp;utm_source=chatgpt.com">x</a></p>',
            '<a href="https://museum.co.uk/hours?utm_source=openai">x</a>',
        ],
        [
            '<link rel="canonical" href="https://example.org/a?utm_source=chatgpt.com">',
            '<a href="https://www.example.org/b?utm_source=chatgpt.com">own site</a>',
            '<a href="https://museum.example/?utm_source=chatgpt.community">x</a>',
            '<a href="https://share.example/?u=https%3A%2F%2Fa%3Futm_source=chatgpt.com%26b">x</a>',
        ],
    ),
    "google-translated-root": (
        ['<html lang="de" class="js translated-ltr"><body>x</body></html>'],
        ['<html lang="de"><body class="translated-ltr">x</body></html>', '<html class="untranslated-ltr">'],
    ),
    "google-translated-language": (
        ['<html lang="de-x-mtfrom-en"><body>x</body></html>', '<p lang="fr-x-mtfrom-en">x</p>'],
        ['<html lang="de" data-note="de-x-mtfrom-en">', '<html lang="x-mtfrom-en">'],
    ),
    "google-translated-font": (
        [_FONT.format("x"), _FONT.format("x") * 4],
        ['<td style="vertical-align: inherit;">x</td>', '<font style="vertical-align: inherit; color: red">x</font>'],
    ),
    "microsoft-translated": (
        ['<h3 _msttexthash="109512" _msthash="201">x</h3>', '<a href="/" _istranslated="1">x</a>'],
        ['<h3 _msttexthash="">x</h3>', '<h3 data-msttexthash="1">x</h3>'],
    ),
    "immersive-translated": (
        ['<font class="notranslate" data-immersive-translate-translation-element-mark="1" lang="zh-CN">x</font>'],
        ['<p data-immersive-translate-walked="97d5">x</p>', "<p>immersive-translate</p>"],
    ),
    "transposh-translated": (
        ['<span class="tr_" id="tr_1" data-source="1" data-orig="Haven">Harbour</span>'],
        ['<span class="tr_" id="tr_1">x</span>', '<span class="tr_x" data-source="1">x</span>'],
    ),
    "weglot-translated": (
        ['<html lang="fr" data-wg-translated="fr"><body>x</body></html>'],
        [
            '<html lang="fr"><body data-wg-translated="fr">x</body></html>',
            '<html lang="fr" data-wg-translated="">x</html>',
            "<html><script>weglot</script></html>",
        ],
    ),
}
