"""Which language a text is in: by its script, and among those that share one, by its commonest words and letters.

Small on purpose: one table, no model. It tells some fifty languages apart on a paragraph or more, and says nothing
where it is not sure, as for texts of a few words, for code, and for languages that it does not know.
"""

import re
import string
import unicodedata
from collections import Counter
from dataclasses import replace

from mlwright.rag.types import Parsed

_SAMPLE = 20_000
_LEAST_WORDS, _LEAST_SHARE, _LEAD = 12, 0.12, 1.25
"""Words to judge by; the share of them that must be common words of the language; the lead over the next one."""
_ASCII = re.compile(r"[\x00-\x7f]+")
_ASCII_REST = bytes(set(range(128)) - set(string.ascii_letters.encode()))
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")

_SCRIPTS = {
    "HANGUL": "ko", "HIRAGANA": "ja", "KATAKANA": "ja", "CJK": "zh", "GREEK": "el", "HEBREW": "he", "THAI": "th",
    "ARMENIAN": "hy", "GEORGIAN": "ka", "DEVANAGARI": "hi", "BENGALI": "bn", "TAMIL": "ta", "TELUGU": "te",
    "GUJARATI": "gu", "KANNADA": "kn", "MALAYALAM": "ml", "GURMUKHI": "pa", "SINHALA": "si", "LAO": "lo",
    "KHMER": "km", "MYANMAR": "my", "ETHIOPIC": "am", "TIBETAN": "bo",
}  # fmt: skip
"""Scripts that one language, as good as alone, is written in. Latin, Cyrillic and Arabic are not among them."""

_TABLE = """
en: the of and to in is that for it with as was on are be this by from or an at which have not you can if when will
    its has but they we your use how about more than then each only must does into what there should would all one
de: der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat
    dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis
    mehr durch man sein wurde kann wenn diese
fr: de la le et les des en un du une que est pour qui dans par plus pas au sur ne se ce il sont avec ou son aux elle
    cette mais être comme nous vous leur fait ont été ces sa ses deux même peut tout si lui je on entre sans
es: de la que el en y a los del se las por un para con no una su al lo como más pero sus le ya o este sí porque esta
    entre cuando muy sin sobre también me hasta hay donde quien desde todo nos durante todos uno les ni contra otros
    ser es son fue
it: di e che la il un a per è in una sono mi non si con lo ma ha del le dei al della nel alla più come dal gli anche
    questo nella essere delle sul tra se ci quando quello stato suo sua dalla sulla o viene ed degli può
pt: de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu sua ou
    ser quando muito há nos já está eu também só pelo pela até isso ela entre era depois sem mesmo aos são você
nl: de van een het en in is dat op te zijn met voor niet aan er die om als dan maar bij of uit ook door naar heeft
    worden wordt tot kan deze werd nog over hij wel geen had dit zij meer hun onder moet wat ze je hebben veel
sv: och i att det som en på är av för med till den har de inte om ett han men var jag sig från vi så kan när man nu
    hade ska där eller efter vid ut också under mot än detta skulle mycket över då denna får inom
da: og i at det er en til på som med for af den de der ikke et har han var om jeg fra men vi kan sig så efter også
    når nu blev havde skal eller hvor ud ved mod mere meget over være blive år hans denne dette end hvis
no: og i det er på som en til med for av at den ikke de har et han var om jeg fra men vi kan seg så etter også når
    nå ble hadde skal eller hvor ut ved mot mer mye over være bli år hans denne dette enn hvis ikkje
fi: ja on ei se että oli hän mutta joka ovat kun niin myös sen tai jos kuin mitä olla ole voi ollut mukaan sitä
    jotka vain sekä tämä hänen noin nyt jo vielä siitä myöten tämän kanssa sitten ennen jälkeen ne minä me kaikki
pl: w i na z się do nie to że jest o jak ale po co za od przez dla są tak tylko być może został jako który przy już
    był oraz która czy tym tego lub także te które bardzo ich jego jej po przed bez może można pod ma
cs: a v se na je že o s z do i to k ve pro za by ale si po jako podle od jeho však nebo byl jsem která které který
    jsou až už bylo při také může tak jen než být tím jak jeho má není své této před ze jejich mezi
sk: a v sa na je že o s z do aj to k vo pre za by ale si po ako podľa od jeho však alebo bol som ktorá ktoré ktorý
    sú až už bolo pri tiež môže tak len než byť tým keď má nie svoje tejto pred zo ich medzi
hu: a az és hogy nem is egy ez volt meg már csak de vagy mint el még ha sem lehet azt van kell ki minden úgy be fel
    után majd szerint lesz amely pedig között akkor ezt aki itt mert nagyon más így azonban által
ro: de și în a la cu pe nu să o din este un care pentru că mai ca se fi au sau fost prin lui dar sunt după ce al ei
    această cea ale decât foarte între când dacă acest fie fără unei iar astfel poate ar
tr: ve bir bu için de da ile olarak çok daha en olan kadar gibi sonra ne değil ama var her o ki ya mi içinde iki
    olduğu ise ancak veya üzere tarafından göre şey yok büyük hem şu diye bile nasıl bütün
id: yang dan di dengan untuk dari dalam pada ini itu tidak adalah ke oleh akan juga sebagai atau dapat bisa ada
    karena lebih saya mereka telah tersebut kami kita jika seperti setelah sudah banyak harus antara secara tetapi
    namun
vi: và của là có cho không được trong một các với này những người để khi đã về từ như đến cũng tại trên đó ra vào
    năm nhiều bị sau phải hơn mà theo bằng còn nếu thì sẽ
ca: de la i que el en a els les per un amb una del no és es al als va com més o aquest són dels ha què seu però ser
    pel entre també aquesta han quan dues molt sense fins seva on si ja
et: ja on ei et see oli kui ka mis ta aga ning või oma mida kes nii siis veel välja pärast kuid olid üle ainult seda
    nende juba selle tema meie pole sest kus et oleks saab
lt: ir yra į kad su iš tai kaip bet o jo buvo ne ar jis ji per apie už prie nuo po dar tik jų savo labai gali kuris
    kai jei taip pat arba būti iki jau
lv: un ir ar no ka par uz kā tas bet vai to arī pie kas nav lai bija tika gan pēc viņš tā jau es savu ko šo tiek kad
    ja būt līdz var šī
hr: i je u se na da za su od s ne o kao koji iz što to bi ali do sam koja ili biti koje samo po već još prema kako
    bio nije više nakon te može ako nego prije tako među bez
sl: in je v na se da za so pri ne z s po tudi ki kot bi pa ali od ni do še bil zaradi iz kar že bilo lahko če samo
    med pred o to ter več tako vse bolj kjer
ru: и в не на что я он с как это по но из у за то все так его к о от же был для вы бы мы при она или её до если уже
    они есть только может быть также чтобы после более который когда
uk: і в на не що з у та до як за це від про але для є він вона так його по або бути її при вже також вони був який
    було після більше ще через тільки чи може коли які ці
bg: и на в да се за от е не са че с по това като до той но при са или във със след към може бъде който което които
    само още ще има беше както тези този една един
sr: и је у се на да за су од не о као који из што то би али до сам која или бити које само по већ још према како био
    није више након може ако него пре тако међу без
ar: في من على أن إلى عن التي الذي هذا هذه مع كان لا ما كما أو هو ذلك بعد بين كل وقد غير عند لم قد هي إن ثم حتى كانت
    أكثر حيث
fa: و در به از که این را با است برای آن یک تا می بود شد خود ها هم یا بر شده کرد دارد نیز باید اما هر ما کند شود های
    دو پس آنها
ur: کے کی میں ہے اور سے کا کو نے پر ہیں یہ کہ ایک بھی تھا اس ان کر گیا جو لئے تھے ہو وہ تو کیا نہیں ہوئے گئی
"""
_COMMON = {
    language: frozenset(words.split()) for language, words in re.findall(r"^(\w\w): (.*(?:\n .*)*)", _TABLE, re.M)
}


def finished(parsed: Parsed) -> Parsed:
    """The document with its language, where it does not say it itself and the text does. Code has none."""
    if parsed.meta.get("lang") or parsed.meta.get("code"):
        return parsed
    found = language_of(parsed.text)
    return replace(parsed, meta={**parsed.meta, "lang": found}) if found else parsed


def language_of(text: str) -> str:
    """The ISO 639-1 code of the language of a text; empty where that is not sure."""
    sample = _sample(text)
    scripts = _scripts(sample)
    letters = scripts.total()
    if letters < 20:
        return ""
    if scripts["HIRAGANA"] + scripts["KATAKANA"] > 0.05 * letters:
        return "ja"
    (script, count), *_ = scripts.most_common(1)
    if script in _SCRIPTS and count > 0.5 * letters:
        return _SCRIPTS[script]
    return _by_words(sample)


def _by_words(sample: str) -> str:
    counts = Counter(map(str.lower, _WORD.findall(sample)))
    total = counts.total()
    if total < _LEAST_WORDS:
        return ""
    found = counts.keys()
    scores = Counter({language: sum(counts[word] for word in common & found) for language, common in _COMMON.items()})
    (first, most), (_, next_most), *_ = scores.most_common(2)
    sure = most >= _LEAST_SHARE * total and most >= _LEAD * next_most
    return first if sure or (most >= 2 * _LEAST_SHARE * total and most > next_most) else ""


def _sample(text: str) -> str:
    """From the middle too: the beginning of a file is often its licence, or a table of contents."""
    if len(text) <= _SAMPLE:
        return text
    middle = len(text) // 2
    return f"{text[: _SAMPLE // 2]}\n{text[middle : middle + _SAMPLE // 2]}"


def _scripts(sample: str) -> Counter[str]:
    """Letters by script: the first word of their Unicode names."""
    found = Counter({"LATIN": len(sample.encode("ascii", "ignore").translate(None, _ASCII_REST))})
    for letter, count in Counter(_ASCII.sub("", sample)).items():
        if letter.isalpha():
            found[unicodedata.name(letter, "").split(" ")[0].split("-")[0]] += count
    return found
