# ruff: noqa: RUF001 (samples hold the very characters that interfaces and people write)
"""For every text rule of `llm_residue.yaml` texts as they come out of the interface, and others that look like it.

Written by hand from what pasted answers look like in public repositories and pages; none is made from a pattern.
"""

PROSE = (
    "The harbour was quiet in the morning, and the boats lay where the tide had left them. Two men were mending a "
    "net on the quay, and a dog slept in the shade of the crane. Nobody was in a hurry to go out again before noon."
)

# rule: (texts in which it must be found, texts in which it must not)
TEXT: dict[str, tuple[list[str], list[str]]] = {
    "openai-oaicite": (
        [
            "The bridge opened in 1932 :contentReference[oaicite:3]{index=3}.",
            "It rains there often. [oai_citation:1‡Wikipedia](https://en.wikipedia.org/wiki/Rain)",
            "The lake is deep (oaicite:0).",
        ],
        ["The contentReference is a field of our catalogue.", "Moaicites are an old people.", PROSE],
    ),
    "openai-turn": (
        ["The tower is 300 m high citeturn0search1turn0search4 and painted red.", "See turn2view0 for this."],
        ["Turn 0 search results into a list.", "Use return0search to undo.", "At the turn0searching sign go left."],
    ),
    "openai-private-use": (
        ["The tower is red \ue200cite\ue202turn0forecast9x\ue201 today."],
        ["An icon \ue200 and a citation \ue202 in a font of icons.", "They cite it."],
    ),
    "openai-attribution": (
        ['It was sold in 1990 ({"attribution":{"attributableIndex":"1009-1"}}) and again later.'],
        ["The attributableIndex of the fund rose.", PROSE],
    ),
    "openai-writing-block": (
        [':::writing{variant="email" id="58231"}\nDear Ms Reed,\n\nthe boat is ready.\n:::'],
        [":::warning{title=x}\nMind the step.\n:::", "This is about writing {well}."],
    ),
    "openai-sandbox": (
        ["You can [download the table](sandbox:/mnt/data/harbour_table.xlsx) here."],
        ["Our sandbox lies below /mnt/data on the server.", "sandbox:/mnt/database"],
    ),
    "openai-search-image": (
        ["![Image](https://images.openai.com/static-rsc-4/Hpvw-Gcl3q7NkFPMtBQbgMkibD8P5Q)"],
        ["![Logo](https://images.openai.com/blob/logo.png)", "See images.openai.com/static-rsc."],
    ),
    "assistants-citation": (
        ["The dredging ended in May【4:2†source】.", "The fees rose twice 【85†L261-L269】."],
        ["【お知らせ】港は休みです。", "He died in 1901† source unknown.", "see note 4†source"],
    ),
    "grok-card": (
        [
            'The quay <grok-card data-id="e8ff4f"></grok-card> is long.',
            'It is deep. <grok-card data-id="1"></grok-card> grok_render_citation_card_json={"cardIds":["a"]}',
        ],
        ["To grok cards you must play them.", "grok_cards is a module.", "<grok-cardinal>"],
    ),
    "claude-artifact": (
        ['<antArtifact identifier="boats" type="text/markdown" title="Boats">\nThe boats lie still.\n</antArtifact>'],
        ["<antelope> is no element.", "The ant artifact was dug up.", "<antArtifacts>"],
    ),
    "perplexity-upload": (
        ["![chart](https://ppl-ai-file-upload.s3.amazonaws.com/web/direct-files/1/chart.png)"],
        ["The ppl-ai-file-uploader is a tool.", PROSE],
    ),
    "gemini-cite": (
        ["The quay was built in 1880 [cite: 4, 12].", "[cite_start]The quay is long.", "[span_3](start_span)It rose."],
        ["Please [cite: Miller 1999] in full.", "a [span](start) of time"],
    ),
    "bracketed-source": (
        ["The port grew [web:1] and grew [web:2].", "It was sold [citation:3].", "See [attached_file:1]."],
        ["[citation needed]", "the [web: a history]", PROSE],
    ),
    "template-token": (
        [
            "The boat is ready.<|im_end|>\n<|im_start|>user\nThanks",
            "It rained.<|endoftext|>",
            "Fine.<end_of_turn>",
            "<|channel|>final<|message|>It rained.",
            "雨。<｜end▁of▁sentence｜>",
        ],
        ["<im_start> is an element.", "The end of turn 4 is near.", "a <| b |> c"],
    ),
    "template-instruction": (
        ["[INST] Write a poem about the sea [/INST] The sea is wide and grey."],
        ["[INSTALL] Read the manual.", "[INST]ITUTE"],
    ),
    "thinking-tag": (
        ["The user asks about boats. I should answer briefly.\n</think>\n\nThe boats are in the harbour."],
        ["I think> therefore I am", "He wrote a tag </thinker> there."],
    ),
    "tracking-link": (
        [
            "The museum is open daily (https://museum.example/hours?utm_source=chatgpt.com).",
            "Source: https://example.org/a?b=1&utm_source=perplexity",
        ],
        [
            "https://museum.example/?utm_source=chatgpt.company",
            "https://museum.example/?utm_source=openair-festival",
            "Set utm_source=chatgpt.com in the report.",
        ],
    ),
    "self-model": (
        [
            "As an AI language model, I do not have access to the tide tables.",
            "I'm just an AI, I can't row a boat.",
            "I’m an AI assistant and I don’t have opinions about harbours.",
            "As an artificial intelligence, I don't have a boat.",
            "I am an AI developed by OpenAI and I do not row.",
        ],
        [
            "As an airline pilot, I cannot do that.",
            "We use a language model to sort the mail, and I like it.",
            "As an AI researcher I do not row.",
            "She said that as a language modeller I would know.",
        ],
    ),
    "self-just-ai": (
        [
            "I'm just an AI, so I can't row a boat.",
            "I’m just an AI and I don’t have opinions about harbours.",
            "Sorry, I am only an AI.",
        ],
        [
            "I'm just an AI enthusiast with a boat.",
            "I am only an AI researcher, and I row.",
            "I'm just an AI-curious sailor.",
            "I'm just an aide, so I can't.",
        ],
    ),
    "self-model-phrase": (
        ["The harbour is, as an AI language model would put it, quiet. As a large language model my view is narrow."],
        ["As an AI company we sell language models.", "A large language model was trained."],
    ),
    "self-maker": (
        [
            "I am a large language model trained by OpenAI and I cannot see the boat.",
            "I was created by Anthropic.",
            "I'm Claude, an AI assistant made by Anthropic.",
        ],
        [
            "I know a model that was trained by OpenAI.",
            "It was developed by Google in Zurich.",
            "I was trained by my aunt.",
        ],
    ),
    "self-cutoff": (
        [
            "As of my last knowledge update in September 2021, the ferry runs daily.",
            "My knowledge cutoff is 2023.",
            "My training data only goes up to September 2021.",
        ],
        [
            "The cutoff for applications is Monday.",
            "As of the last update in May, my training had ended.",
            "My training data were measured by the river.",
        ],
    ),
    "self-model-zh": (
        [
            "作为一个AI语言模型，我无法提供潮汐表。",
            "作為一個人工智慧助手，我不能划船。",
            "作为AI助手，我无法回答。",
            "作为人工智能，我没有情感。",
        ],
        [
            "作为人工智能专家，我无法评价。",
            "作为AI行业，我们没有港口。",
            "作为一个AI工程师，我无法提供潮汐表。",
            "人工智能语言模型很大。",
            PROSE,
        ],
    ),
    "self-model-ja": (
        ["私はAI言語モデルであり、船を見ることはできません。", "大規模言語モデルとして、私は海を知りません。"],
        ["AI言語モデルとして知られる製品です。", "私は漁師です。"],
    ),
    "self-model-de": (
        [
            "Als KI-Sprachmodell habe ich keinen Zugriff auf die Gezeitentafel.",
            "Als Sprachmodell kann ich nicht rudern.",
            "Als KI habe ich keine eigenen Erfahrungen.",
            "Als künstliche Intelligenz kann ich nichts empfinden.",
        ],
        [
            "Ein KI-Sprachmodell habe ich nie benutzt.",
            "Als Kapitän kann ich das Sprachmodell nicht brauchen.",
            "Als KI-Forscher habe ich kein Boot.",
        ],
    ),
    "self-model-fr": (
        [
            "En tant que modèle de langage, je ne peux pas voir le port.",
            "En tant qu'intelligence artificielle, je n'ai pas d'yeux.",
            "En tant qu’IA, je ne peux pas voir le port.",
        ],
        ["Le modèle de langage, je ne le connais pas.", "En tant que marin, je connais le port."],
    ),
    "self-model-es": (
        ["Como modelo de lenguaje, no tengo acceso al puerto.", "Como asistente de IA, yo no navego."],
        [
            "Es como un modelo de lenguaje grande.",
            "Como marinero, no tengo miedo.",
            "Tecnologías como inteligencia artificial, no solo cambian el puerto.",
        ],
    ),
    "self-model-pt": (
        [
            "Como um modelo de linguagem, não tenho opiniões sobre o porto.",
            "Como inteligência artificial, eu não remo.",
        ],
        ["Tecnologias como inteligência artificial, não apenas barcos.", "Como pescador, não tenho medo."],
    ),
    "self-model-it": (
        ["Come modello linguistico, non ho opinioni sul porto.", "Come intelligenza artificiale, non posso remare."],
        ["Tecnologie come intelligenza artificiale, non solo barche.", "Come marinaio, non ho paura."],
    ),
    "self-model-nl": (
        ["Als AI-taalmodel heb ik geen mening over de haven.", "Als taalmodel kan ik niet roeien."],
        ["Een taalmodel heb ik nooit gebruikt.", "Als kapitein heb ik een boot."],
    ),
    "self-model-pl": (
        ["Jako model językowy nie mam zdania o porcie.", "Jako sztuczna inteligencja, nie mogę wiosłować."],
        ["Model językowy nie mam w domu.", "Jako kapitan nie mogę wiosłować."],
    ),
    "self-model-ru": (
        ["Как языковая модель, я не имею мнения о порте.", "Как искусственный интеллект, я не могу грести."],
        ["Это языковая модель, я не знаю её.", "Как капитан, я не могу грести."],
    ),
    "self-model-tr": (
        ["Bir yapay zeka dil modeli olarak kişisel görüşüm yok."],
        ["Yapay zeka modeli olarak bilinen bir ürün.", "Bir kaptan olarak kişisel görüşüm var."],
    ),
    "self-model-ko": (
        ["AI 언어 모델로서 저는 항구에 대한 의견이 없습니다.", "인공지능 모델로서, 개인적인 의견은 없습니다."],
        ["AI 언어 모델은 널리 쓰인다.", "선장으로서 저는 배가 있습니다."],
    ),
    "self-model-vi": (
        ["Là một mô hình ngôn ngữ AI, tôi không có ý kiến về bến cảng."],
        ["Mô hình ngôn ngữ lớn rất phổ biến.", "Là một thuyền trưởng, tôi không sợ."],
    ),
    "self-model-id": (
        ["Sebagai model bahasa AI, saya tidak memiliki pendapat.", "Sebagai AI, saya tidak bisa mendayung."],
        ["Model bahasa digunakan di mana-mana.", "Sebagai kapten, saya tidak takut."],
    ),
    "refusal-ja": (
        ["申し訳ありませんが、そのリクエストにはお応えできません。"],
        ["申し訳ありませんが、明日は伺えません。", "リクエストには番号を付けてください。"],
    ),
    "refusal-de": (
        ["Es tut mir leid, aber ich kann diese Anfrage nicht erfüllen."],
        ["Es tut mir leid, aber ich kann heute nicht kommen.", "Das Amt kann diese Anfrage nicht bearbeiten."],
    ),
    "refusal-fr": (
        ["Je suis désolé, mais je ne peux pas répondre à cette demande."],
        ["Je suis désolé, mais je ne peux pas venir.", "Le tribunal ne peut pas répondre à cette demande."],
    ),
    "refusal-es": (
        ["Lo siento, pero no puedo cumplir con esa solicitud."],
        ["Lo siento, pero no puedo ir mañana.", "El juez no puede atender esta solicitud."],
    ),
    "refusal": (
        [
            "I'm sorry, but I cannot fulfill this request.",
            "I’m sorry, but as an AI language model I cannot assist with that request.",
            "I'm sorry, but I can’t assist with that.",
            "I'm sorry, I can't help with this request.",
        ],
        [
            "I'm sorry, but I can't help with the move.",
            "I'm sorry, but I cannot come on Monday.",
            "The court cannot fulfil the request.",
            "I cannot assist with the move.",
        ],
    ),
    "refusal-zh": (
        ["抱歉，我无法满足您的请求。", "对不起，我不能完成这个要求。"],
        ["抱歉，我无法出席会议。", "他说法院无法满足您的请求。"],
    ),
    "refusal-policy": (
        ["I apologize, but that goes against OpenAI use case policy."],
        ["OpenAI's use of data was criticised.", "It goes against our use case policy."],
    ),
    "pasted-button": (
        [f"{PROSE}\nRegenerate response", "Was this response better or worse?BetterWorseSame\nThe quay is long."],
        ["They regenerate response curves every night.", "Was this response better or worse than the last one?"],
    ),
    "pasted-speaker": (
        [f"You said:\nTell me about harbours.\nChatGPT said:\n{PROSE}"],
        ["ChatGPT said: no.", "What the captain said:\nnothing"],
    ),
    "pasted-footer": (
        [
            f"{PROSE}\n\nChatGPT can make mistakes. Check important info.\n",
            "Claude can make mistakes. Please double-check responses.",
        ],
        ["He knows that ChatGPT can make mistakes. Check important info, he says.", "Captains can make mistakes."],
    ),
    "pasted-copy-button": (
        ["Do this:\n\npython\nCopy code\nprint(1)"],
        ["Press this button:\nCopy code\nand paste.", "python Copy code", "Copy code\npython"],
    ),
    "pasted-question": (
        [f"{PROSE}\nIs this conversation helpful so far?"],
        ["He asked: is this conversation helpful so far? Nobody knew.", PROSE],
    ),
    "opener-certainly": (
        [f"Certainly! Here's a short text about harbours:\n\n{PROSE}", f"Sure, here are five facts.\n\n{PROSE}"],
        [
            f"{PROSE}\n\n{PROSE} Sure, here are a few boats.",
            "Sure, here we go again.",
            "Certainly here is a man.",
            "Sure, here is the thing: we never met.",
        ],
    ),
    "opener-anywhere": (
        [f"{PROSE} {PROSE}\n\nCertainly! Here is a list of boats:\n\n- one\n- two"],
        [f"{PROSE} {PROSE}\n\nCertainly! Here is a man who knows his trade.", PROSE],
    ),
    "opener-revised": (
        [
            f"Here's a revised version of your paragraph:\n\n{PROSE}",
            f"Here is a more polished version of the text.\n\n{PROSE}",
        ],
        ["Here is the revised version of the law.", "The revised version of your paragraph is here."],
    ),
    "closer-offer": (
        [
            f"{PROSE}\n\nLet me know if you'd like me to add a section about tides!",
            f"{PROSE}\n\nWould you like me to go on?",
        ],
        [f"Would you like me to go on? he asked.\n\n{PROSE * 4}", f"{PROSE} Let me know if you come."],
    ),
    "closer-hope": (
        [f"{PROSE}\n\nI hope this helps! Let me know if you have any other questions."],
        [
            f"I hope this helps! Let me know if you come.\n\n{PROSE * 4}",
            f"{PROSE} I hope this helps. Bye!",
            f"{PROSE} Let me know if you come.",
        ],
    ),
    "placeholder": (
        ["Kind regards,\n[Your Name]\n[Your Position]", "The boat [insert name of boat] is for sale."],
        ["Enter your name.", "[yourname@example.org]", "[Insert]"],
    ),
    "placeholder-source": (
        ["| Harbour | INSERT_SOURCE_URL_10 |", "Retrieved 2025-XX-XX."],
        ["Retrieved 2025-10-01.", "INSERT INTO source_url VALUES (1)"],
    ),
}
