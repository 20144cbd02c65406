"""Phrases that stand around articles and not in them, in the languages of most news.

All are in lower case. What is asked only of lines with letters beyond ASCII stands apart: most lines are spared the
question.
"""

import re
from functools import lru_cache

# A line that leads elsewhere.
_RELATED = re.compile(
    r"\W*(?:read (?:more|also|next)|see also|also read|related|more (?:on|about|from)|continue reading|don.t miss|"
    r"you may also like|recommended(?: for you)?|lesen sie (?:auch|mehr)|mehr (?:zum thema|dazu)|siehe auch|lire aussi|"
    r"voir aussi|te puede interesar|leggi anche|leia (?:também|mais)|"
    r"lees ook|olvassa el|baca juga|oku:|(?:zum )?weiterlesen|lesetipp|auch interessant|"
    r"mehr (?:artikel|beiträge|kolumnen|themen|news|infos?|nachrichten) (?:auf|aus|bei|von|zu)|"
    r"(?:le|les) puede interesar|sigue leyendo|pour aller plus loin|en savoir plus|"
    r"(?:ti )?potrebbe(?:ro)? interessar|leggi (?:di più|tutto)|saiba mais|meer (?:lezen|over(?: dit onderwerp)?)|"
    r"polecamy|ilgili haber(?:ler)?|zobacz wideo|"
    r"te recomendamos|preberite|loe ka|taip pat skaitykite|bunu da okuyun|baca\b|lexo edhe|"
    # What stands over lists of other articles.
    r"articles (?:similaires|liés)|(?:art[ií]culos|artigos|posts|matérias|notas|entradas) relacionad[oa]s|articoli correlati|"
    r"gerelateerde (?:berichten|artikelen)|podobne (?:wpisy|artykuły)|benzer (?:yazılar|haberler)|"
    r"relaterade (?:inlägg|artiklar)|articole similare|"
    r"(?:artikel|berita) (?:terkait|berkaitan)|leia ainda|les mer(?: om)?|zobacz\s?:|czytaj\s?:|soma (?:zaidi|pia)|"
    r"you might (?:also )?(?:like|be interested)|what to read next|"
    r"lees (?:meer|verder)|ook interessant|te-ar putea interesa|"
    r"seotud (?:lood|artiklid)|susij[eę] straipsniai|povezane vesti|habari zinazohusiana|"
    r"further reading|passend zum thema|noticias? relacionadas?|contenido relacionado|approfondisci|lesa meira|irakurri (?:ere|gehiago)|"
    r"vezane vijesti|lexoni (?:gjithashtu|edhe)|sidoo kale akhri|(?:ku )?karanta(?: kuma)?|funda nalokhu|basahin (?:din|rin)|kaugnay na balita|"
    r"darllenwch hefyd|aqra wkoll|liest och|verwante artikels|simak juga|mavzuga oid|shuningdek)"
)
_RELATED_BEYOND_ASCII = re.compile(
    r"\W*(?:à lire(?: aussi| également)?|lire également|sur le même (?:sujet|thème)|lea también|leer más|véase|veja também|læs også|läs (?:också|mer)|les også|lue myös|czytaj (?:też|także|więcej)|"
    r"zobacz (?:też|także)|čtěte také|citește și|đọc thêm|ayrıca bak|das könnte (?:sie|dich|euch)|más (?:información|noticias|sobre)|"
    r"przeczytaj (?:też|także|również)|devamını oku|xem thêm|pročitajte(?: i| još)?|prečítajte(?: si)?(?: aj)?|čítajte(?: aj)?|preberite (?:še|tudi)|lasi arī|mir[áe] también|lea además|ver también|ayrıca oku(?:yun)?|"
    r"ähnliche (?:beiträge|artikel)|související články|kapcsolódó cikk|(?:bài viết|tin) liên quan|lee también|læs mere|lue lisää|přečtěte si|"
    r"další články k|mohlo by vás zajímat|olvasta már|citește mai|(?:bunlar da )?ilginizi çekebilir|đọc tiếp|también te puede interesar|"
    r"à découvrir également|czytaj więcej|vezi și|ez is érdekelheti|további (?:cikkek|híreink)|diğer haberler|saistītie raksti|pročitaj (?:i|još)|"
    r"aiheeseen liittyvää|có thể bạn quan tâm|"
    r"читайте (?:также|ещё|еще)|читать далее|по теме|читайте також|διαβάστε (?:επίσης|ακόμη)|[اإ]قرأ (?:أيضا|أيضًا|المزيد)|قراءة المزيد|"
    r"קראו (?:עוד|גם)|यह भी पढ़ें|और पढ़ें|相关阅读|延伸阅读|更多|関連記事|あわせて読みたい|관련 ?기사|อ่านเพิ่มเติม|подробнее|см(?:отрите|\.) также|читайте далі|"
    r"続きを読む|もっと読む|相关新闻|推荐阅读|прочетете|مواضيع ذات|مزید پڑھیں|আরও পড়ুন|(?:ये|इसे) भी पढ़ें|함께 (?:읽|보)|похожие (?:записи|статьи)|"
    r"схожі (?:записи|статті)|σχετικά άρθρα|(?:مقالات|أخبار) ذات|संबंधित (?:खबरें|लेख)|ข่าวที่เกี่ยวข้อง|関連ニュース|관련 ?글|相关文章|"
    r"материалы по теме|матеріали за темою|більше за темою|дивіться також|διαβάστε (?:ακόμα|περισσότερα)|طالع أيضا|بیشتر بخوانید|همچنین بخوانید|"
    r"مطالب مرتبط|(?:ל?כתבות )(?:נוספות|בנושא)|עוד בנושא|यह भी देखें|इससे जुड़ी|এ বিষয়ে আরও|আরো পড়ুন|हेही वाचा|આ પણ વાંચો|இதையும் (?:படி|வாசி)|மேலும் படிக்க|"
    r"ఇవి కూడా చదవండి|ഇതും വായിക്കുക|ಇದನ್ನೂ ಓದಿ|延伸閱讀|相關(?:新聞|報導|閱讀)|看更多|更多(?:新聞|報導)|相关报道|(?:関連|もっと読む)】|관련 ?뉴스|"
    r"อ่าน(?:ข่าว)?(?:ต่อ|ที่เกี่ยวข้อง)|قد (?:يهمك|يعجبك)|شاهد أيضا|(?:أخبار|مواضيع) (?:متعلقة|ذات)|یہ بھی پڑھیں|متعلقہ خبریں|اخبار مرتبط|още (?:по темата|от)|"
    r"прочитајте(?: и| још)?|повезане вести|կարդա(?:ցեք|լ) նաև|առնչվող|წაიკითხეთ|მსგავსი სტატიები|ተጨማሪ ያንብቡ|ተዛማጅ|អានបន្ថែម|អត្ថបទ(?:ពាក់ព័ន្ធ|ទាក់ទង)|猜你喜欢|おすすめ記事|많이 본|এ সম্পর্কিত|সম্পর্কিত খবর|"
    r"sjá einnig|llegiu també|llegeix (?:també|més)|més informació|ler tamén|máis información|shuningdek o.qing|həmçinin oxuyun|oxşar xəbərlər|ka èyí náà|ẹ tún lè ka|əlaqəli xəbər|léigh freisin|scéalta gaolmhara|"
    r"legu ankaŭ|більше новин|схожі новини|чытайце (?:таксама|яшчэ)|(?:тағы|сондай-ақ) оқыңыз|мөн уншаарай|ਇਹ ਵੀ ਪੜ੍ਹੋ|हे(?:देखील|ही| देखील) वाचा|यो पनि पढ्नुहोस्|"
    r"තවත් කියවන්න|ဆက်စပ်(?:ဖတ်ရှုရန်|သတင်းများ)|ອ່ານເພີ່ມ|ຂ່າວທີ່ກ່ຽວຂ້ອງ|(?:دا هم|نور) ولولئ|هەروەها بخوێنەوە|هي به پڙهو|እዚ እውን ኣንብቡ|לייענט אויך)"
)
# One of ours or of the site's around it, and never the first words of a sentence: "Anzeige erstattete", "Copyright law".
_PROMPT = re.compile(
    r"\W*(?:leave a (?:reply|comment)|post a comment|cancel reply|your email address will not be published|"
    r"sign up (?:for|to) |subscribe (?:to|now)|share (?:this (?:article|story|post|page|on|via)\b|on\b|this\W*$)|follow us|join our|"
    r"click here to|schreiben? sie einen kommentar|kommentar (?:schreiben|hinterlassen)|"
    r"laisser un commentaire|deja (?:un comentario|una respuesta)|lascia un commento|"
    # As WordPress and its translations say it.
    r"geef een (?:reactie|antwoord)|l(?:ämna|egg igjen|æg) (?:ett|et|en) (?:svar|kommentar)|skriv et svar|dodaj komentarz|"
    r"tinggalkan (?:balasan|komentar)|lisa kommentaar|"
    r"deixa un comentari|deixe uma resposta|"
    r"(?:share(?: full article)?|gift (?:this|full) article|copy link|teilen|link kopieren|partager|compartir|compartilhar|condividi|delen|dela(?: artikeln)?|del (?:saken|artiklen)|bagikan|jaga|podeli|shiriki|jaa(?: artikkeli)?|distribuie|ibahagi|partekatu|comparteix|deila|dalintis|rhannu)\s*[:：]?\s*$|"
    r"photo(?:graph)?\s*:|image\s*:|"
    r"(?:fot[oó]|снимка|kuva|picha|borítókép|ფოტო)\s*:|©|copyright\W*(?:$|\d|by\b|\(c\))|all rights reserved|alle rechte vorbehalten|"
    r"(?:advertisement|advertising|sponsored|anzeige|werbung|publicidade?|publicitate?|annuncio pubblicitario|advertentie|reklam[aemo]?|reklaam|annon[sc]e?|mainos|inzerce|tangazo|iklan|oglasi?|publizitatea|advertensie|patalastas|hysbyseb|xayeysiis|isikhangiso|talla)(?: continues below|\W+(?:scroll|story|article|continue|czytaj|продолжение) [\w ]*)?\W*$|"
    # The text goes on behind it.
    r"(?:story|article|content|text) continues (?:below|after)(?: \w+){0,3}\W*$|de tekst gaat verder|juttu jatkuu|artik(?:eln|len|kelen) forts.tter (?:under|efter|nedenfor)|artikkeli jatkuu|saken fortsetter (?:under|etter) (?:annonsen|bildet|videoen)|"
    r"contin(?:ua|úa|uă) (?:a leggere )?(?:depois|após|después|dopo|după) .{0,6}(?:public|pubblic|reclam)|"
    r"tekst se nastavlja|(?:der|dieser) (?:artikel|text) wird nach der (?:anzeige|werbung) |artikel (?:bersambung|gaan voort) |haberin devam|scroll (?:to continue|untuk melanjutkan)|after newsletter promotion\W*$|"
    r"if you (?:purchase|buy|click)\b.{0,120}\b(?:link|product|commission)|(?:we|\w+) (?:may|might) (?:earn|receive|get) (?:a |an )?"
    r"(?:\w+ )?(?:commission|compensation)|"
    r"when you (?:buy|purchase|shop) .{0,40}links?|"
    # What a page says of its own parts: embedded things, whoever wrote it, how long it takes to read.
    r"(?:empfohlener )?(?:externer|redaktioneller) inhalt\W*$|contenu externe\W*$|contenido externo\W*$|external content\W*$|"
    r"(?:about the author|über (?:den autor|die autorin)|à propos de l.auteure?|sobre (?:el autor|la autora|o autor)|o autorze)\W*$|"
    r"(?:\d+ )?(?:min(?:s|utes?|uten)?\.? )?(?:read(?:ing time)?|lesezeit|de lecture|de lectura|di lettura|leestijd)\W*(?:\d+ ?\w*\W*)?$|"
    r"ten tekst przeczytasz|czas czytania|(?:quellen?|fonte|fuentes?|bron|sources?|kaynak|kilde|zdroj|sursa|izvor|sumber)\s*[:：].{2,60}$|"
    r"listen to this (?:article|story)|(?:list of \d+ items?|end of list)\W*$|skip past newsletter|"
    r"found (?:a mistake|an error|a typo)\b.{0,60}\b(?:select|ctrl|press|tell|report)|"
    r"(?:the post|der beitrag|l.article|la entrada|l.articolo|o post|запись) .{3,160} "
    r"(?:appeared first on|erschien zuerst auf|est apparu en premier sur|se publicó primero en|proviene da|apareceu primeiro em|впервые появилась) |"
    r"(?:this (?:article|story|post|piece) (?:was|is|has been) |dieser (?:artikel|beitrag|text) (?:wurde|ist|erschien) )"
    r"(?:originally |first |zuerst |ursprünglich )*(?:published|appeared|veröffentlicht|erschienen|republished|zuerst)\b|"
    r"this entry was posted (?:on|in|by) |\(?(?:additional )?(?:reporting|writing) by .{3,200}(?:editing by|[)])|"
    r"privacy notice: newsletters|the associated press receives (?:\w+ )?support|with inputs? from (?:[^.]{2,60}\)|agencies|pti|ani|ians)\W*$|\(?except for the headline, this story|"
    r"gambas:video|(?:simak|tonton) (?:juga )?video|(?:whatsapp|telegram) (?:group|channel)\W*$|"
    r"(?:most (?:read|viewed|shared)|trending now|popular this week|meistgelesen|meistgeklickt|les plus lus|l[oa]s? más leíd[oa]s?|más leídas|(?:as )?mais lidas|i più letti|meest gelezen|najczęściej czytane|"
    r"nejčtenější|legolvasottabb|cele mai citite|luetuimmat|lasītākie|loetuimad|skaitomiausi|en çok okunan(?:lar)?|najčitanije|đọc nhiều nhất|terpopuler|zinazosomwa zaidi)\W*$|"
    r"(?:kostenlos|jetzt) (?:registrieren|abonnieren|anmelden)|(?:zum )?newsletter (?:abonnieren|anmelden)|suscr[ií]b(?:ete|ase)|"
    r"abonnez-vous|inscrivez-vous|iscriviti|inscreva-se|"
    r"auf (?:facebook|twitter|whatsapp) teilen|(?:artikel|beitrag|seite) (?:teilen|drucken)|partager (?:sur|cet)|compartir en|"
    r"condividi (?:su|questo)|compartilhe|"
    # Where else to find the paper, how to write to it, whose the text is.
    r"follow .{2,60}(?: coverage|on (?:google news|whatsapp|tiktok|instagram|facebook|twitter|x|threads)\b)|join us .{0,30}(?:whatsapp|telegram)|"
    r"(?:do you have|have you got|got) a (?:story|tip)\b|do you know more(?: about|\?)|onko sinulla (?:juttu|uutis)?vinkki|contact the reporter|e-?mail .{0,40}@\S+\W*$|"
    r"support (?:local|independent|our) journalism|our standards:|a version of this (?:article|story) appear|"
    r"you have \d+ (?:free )?(?:articles?|stor(?:y|ies)) (?:left|remaining)|sobre la firma\W*$|"
    r"recibe (?:el|la|nuestr)\w* (?:boletín|newsletter)|weitere (?:aktuelle )?(?:nachrichten|meldungen) .{0,80}finden sie|"
    r"[\d.,\s]+(?:views?|просмотр\w*|перегляд\w*|wyświetle\w*|visuali[sz]a\w*|visitas|vues|aufrufe|görüntülenme|dilihat|lượt xem|προβολές|צפיות|مشاهدة|回閲覧|次浏览)\W*$|"
    r"republish (?:this|our) (?:article|story|stories)|this work is licensed under|i understand and agree that registration|"
    r"bizi takip|(?:simak|ikuti) .{0,60}(?:whatsapp|google news|telegram)|"
    r"(?:volg|folg(?:en sie|t)?|följ|følg) (?:ons|uns|oss|os)\b|seguici|s[íi]g(?:ue|a)nos|sig(?:a|am)-nos|suivez-nous|obserwuj nas|"
    r"(?:dołącz do|rejoignez|únete a|unisciti|junte-se|word lid van|gabung|přidejte se k|iscriviti al|abonnieren sie|jiunge na|liitu meie|pievienojies|tham gia|uneix-te|sertai|suivez|sigue|(?:clique aqui e )?entre no nosso|pratite nas) "
    r".{0,40}(?:whatsapp|telegram|viber|zalo|kana[lł]|canal|chaneli|saluran)|"
    r"(?:jälgi meid|pratite nas|seko mums|kövess\w+ minket|urmărește-ne|google news.te bize abone|додајте нас)|"
    r"puedes seguir a .{2,60} en (?:facebook|x|twitter|instagram)|was this (?:\w+ )?forwarded to you|ikuti kami|tufuate|"
    r"spremljajte nas|(?:sekite|paremkite) mus|podprite nas|na ndiqni|jarraitu gaitzazu|nagala soco|ku biyo mu|silandele|i-follow kami|dilynwch ni|lean muid ar|segwina fuq|sekvu nin|follegt eis|"
    r"(?:this|our) (?:article|story|reporting|journalism) (?:was|is) made possible by|you are receiving this e-?mail because|view source version on |"
    r"(?:item|image|slide|photo) \d+ of \d+ \w|get the data\W|do you have an opinion on the issues|discover this recipe and|"
    r"(?:this (?:article|story|text|page)|artikel ini|este (?:texto|art.culo|artigo)|dieser (?:artikel|text)|cet article) .{0,30}(?:translated|diterjemahkan|traducido|traduzido|übersetzt|traduit) |"
    # Where it appeared first, in other languages.
    r"este (?:art.culo|texto|artigo) (?:fue|foi|se) .{0,30}public|(?:cet article|cette tribune) (?:a été|est) .{0,30}(?:publié|paru)|"
    r"questo (?:articolo|testo) è .{0,30}(?:pubblicato|apparso|uscito)|dit (?:artikel|verhaal|stuk) (?:verscheen|is|werd) (?:eerder|oorspronkelijk|eerst|ook) |"
    r"(?:denne (?:artikkelen|artikel|saken)|den h.r artikeln) (?:blev?|er|.r|publicerades) (?:f.rst|opprinnelig|oprindeligt|ursprungligen|tidigare) |"
    r"(?:ovaj članak|članak|tekst) je (?:prvotno|izvorno|originalno) objavljen|"
    # Whose opinion it is.
    r"(?:views|opinions|(?:the|all) (?:views|opinions))(?: and (?:views|opinions))? expressed .{0,120}\b(?:authors?|writers?|columnists?|contributors?|their own|do not)\b|"
    r"(?:dett[ea] (?:er|.r) e[nt]t?|det h.r .r en|den h.r texten .r en) (?:\w+ ){0,2}?(?:kronik|kommentar|debat\w+|leserinnlegg|meningsytring|opinion\w*|ledar\w*|kr.nika|ins.ndare)\b|"
    r"las opiniones (?:expresadas|vertidas) |les (?:opinions|propos|points de vue) exprim|le opinioni espresse |opiniile exprimate |(?:tekst|artykuł) (?:wyraża|prezentuje) (?:opinie|poglądy) |"
    # What a machine made.
    r"(?:th(?:e|is) summary|diese? zusammenfassung|(?:sammanfattning|oppsummering|opsummering|rezumat)\w*|(?:le|ce) r.sum.|(?:el|este) resumen|riassunto|deze samenvatting|streszczenie|tiivistelmä|shrnutí)"
    r" .{0,60}\b(?:ai|a\.i|ki|ia|teko.ly\w*|artificial\w*|k.nstlich\w*|kunstig\w*|sztuczn\w*)\b|(?:this transcript|transcript) (?:was|is|provided|may) |npr transcripts are |"
    # What is not shown before its reader agrees.
    r"an dieser stelle (?:finden sie|befindet sich|steht) .{0,40}(?:inhalt|drittanbiet)|externe (?:inhalte|medien) (?:anzeigen|laden|erlauben|aktivieren)\W*$|"
    r"ich bin damit einverstanden, dass mir externe|dieses element enthält daten von|(?:ce|pour \w+ ce) contenu .{0,60}(?:bloqué|cookies)|"
    r"(?:om deze inhoud|deze inhoud|este contenido|para ver este contenido|questo contenuto|this content|to view this content) .{0,80}(?:cookies?\b|hosted by)|"
    # What its readers may send.
    r"heb (?:je|jij|u) .{0,20}(?:tip|nieuws|opmerking)|stuur (?:ons )?(?:een|je|uw) .{0,20}(?:mail|bericht|tip)|har du (?:sett .{0,20}fel|et(?:t)? (?:godt )?tips?\b)|tips(?:a)? (?:oss|redaktionen)\b|fejl i artiklen|"
    r"fehler (?:gefunden|entdeckt|im artikel)\W|(?:encontrou|viu) (?:um |algum )?erro|hai una segnalazione|zauważyłeś błąd|"
    # Its letters.
    r"(?:tilmeld|meld|anm.l|skr..u) (?:dig|deg|je|.ig) .{0,60}(?:brev|nieuwsbri|p.stlist)|prenumerera på .{0,60}brev|schrijf je in voor|tilaa .{0,40}kirje|telli .{0,30}uudiskiri|piesakies .{0,40}(?:jaunum|vēst)|"
    r"prenumeruokite|iratkoz\w+ fel|abonea\S{1,2}-(?:te|vă)|(?:prijavite se|p.ihlaste se|prihl.ste sa|naro.ite se) .{0,40}(?:newsletter|bilten|odb.r|novic)|dapatkan (?:update|berita).{0,60}e-?mail|jiandikishe|"
    r"teken in op ons|regjistrohu .{0,40}(?:buletin|newsletter)|egin harpidetza|cofrestrwch|subscriu-te|apúntate a .{0,30}(?:newsletter|bolet)|votre adresse e-?mail .{0,40}newsletter|you currently have \d+ referral|"
    r"every (?:item|product) on this page|english summary\W|(?:disclosure statement|déclaration d.intérêts|cláusula de divulgación|declaração de conflito)\W*$|"
    # The initials of an agency's writers: "ps/lab/spi".
    r"(?:[a-z]{2,3}(?:/[a-z]{2,4}){2,3}|\([a-z]{2,3}/[a-z]{2,3}\))\W*$)"
)
_PROMPT_BEYOND_ASCII = re.compile(
    r"\W*(?:deixe um comentário|bir (?:yanıt|cevap) (?:yazın|bırakın)|napsat komentář|pridaj komentár|vélemény, hozzászólás|lasă un (?:răspuns|comentariu)|"
    r"để lại (?:một )?bình luận|pievienot komentāru|přidat komentář|[（(](?:本[报報网網刊社])?(?:记者|記者|通讯员)[^（）()]{2,30}[）)]\W*$|tous droits réservés|"
    r"(?:la )?suite (?:de .{3,20} )?après (?:cette|la) pub|(?:el artículo|la noticia|articolul) contin.{1,3} (?:después|tras|după) .{0,6}(?:public|reclam)|a cikk a hirdetés után|článok pokračuje|článek pokračuje|(?:чланак|текст) се наставља|"
    r"dalsz[ya] (?:ciąg|część) (?:artykułu|tekstu|materiału) |alle angaben ohne gewähr|dziękujemy, że przeczyta|zapisz się (?:na|do)|udostępnij|paylaş\W*$|"
    r"haben sie (?:einen )?(?:hinweis|tipp)s? für uns|máte tip (?:na článek|pro nás)|passer la publicité\W*$|si continúas leyendo en este dispositivo|"
    r"quieres añadir otro usuario|urmări[țt]i.{0,60}google news|[(（]?责(?:编|任编辑)\s?[:：]|sledujte nás|seuraa meitä|whatsapp kanalımız|intră pe (?:canalul|grupul) nostru|csatlakozz(?:on)? \S{0,60}csatorn|theo dõi chúng tôi|"
    r"(?:поширити|sdílet|megosztás|partajează|κοινοποίηση|شارك|שתפו|शेयर करें|chia sẻ|แชร์|シェア(?:する)?|공유(?:하기)?|分享(?:到)?|dalīties|сподели|გაზიარება|կիսվել|አጋራ|ចែករំលែក|бөлісу|хуваалцах|подели(?: вест)?|shpërndaje|பகிர்க|శేర్ చేయండి|শেয়ার করুন|شیئر کریں)\s*[:：]?\s*$|"
    r"(?:publicité|pubblicità|reklāma|reklamë|auglýsing|fógra|ìpolówó(?: ọjà)?|آگهی|рэклама|жарнама|сурталчилгаа|ਇਸ਼ਤਿਹਾਰ|જાહેરાત|जाहिरात|ప్రకటన|പരസ്യം|ಜಾಹೀರಾತು|දැන්වීම|ကြော်ငြာ|ໂຄສະນາ|ڕیکلام|اشتهار|መወዓውዒ|רעקלאַמע|hirdetés|اعلان|اشتہار|գովազդ|რეკლამა|ማስታወቂያ|ផ្សាយពាណិជ្ជកម្ម|விளம்பரம்|реклама|διαφήμιση|إعلان|تبلیغات|פרסומת|विज्ञापन|বিজ্ঞাপন|โฆษณา|quảng cáo|広告|廣告|广告|광고)(?: continues below|\W+(?:scroll|story|article|continue|czytaj|продолжение) [\w ]*)?\W*$|"
    r"оставить комментарий|добавить комментарий|コメントを残す|发表(?:评论|回复)|اترك (?:ردا|تعليقا)|αφήστε (?:μια απάντηση|ένα σχόλιο)|ใส่ความเห็น|"
    r"댓글 (?:남기기|쓰기)|כתיבת תגובה|השאר תגובה|دیدگاهتان را بنویسید|залишити (?:відповідь|коментар)|оставите одговор|"
    r"подпи(?:шитесь|сывайтесь)|поделиться|삭제한 댓글은|그래도 삭제하시겠습니까|підпи(?:шіться|суйтес[ья])|تابعونا|ακολουθήστε .{0,60}google|"
    r"(?:приєднуйтесь|присоединяйтесь|подписывайтесь) .{0,60}(?:telegram|телеграм|канал)|ติดตาม(?:เรา|ข่าว).{0,60}(?:line|facebook)|저작권자|"
    r"(?:źródło|источник|джерело|извор|πηγή|källa|lähde|forrás|nguồn|mənbə|المصدر|منبع|מקור|出典|来源|來源|출처|ที่มา|स्रोत)\s*[:：].{2,60}$|"
    r"特别声明|"
    r"читайте нас|следите за нами|стежте за нами|ακολουθήστε μας|עקבו אחרינו|关注我们|關注我們|加入.{0,12}(?:line|好友)|友だち追加|"
    r"카카오톡 채널|เพิ่มเพื่อน|(?:δημοφιλή|самое (?:читаемое|популярное)|най-четени|الأكثر (?:قراءة|مشاهدة)|پربازدیدترین\W*ها|הנקראות ביותר|مقبول ترین|सबसे ज़्यादा पढ़ी गई|সর্বাধিক পঠিত|ข่าวยอดนิยม|많이 본 (?:기사|뉴스)|アクセスランキング|热门文章)\W*$|"
    r"(?:انضم\w*|اشترك\w*) .{0,20}قناتنا|به (?:کانال|صفحه) .{2,40}(?:بپیوندید|ملحق شوید)|ما را در .{2,40} دنبال کنید|הצטרפו ל(?:ערוץ|קבוצ)|последвайте ни|абонирайте се|"
    r"հետևեք մեզ|გამოგვყე|(?:დატოვეთ|დაამატეთ) კომენტარი|አስተያየት ይስጡ|បញ្ចេញមតិ|напиши коментар|добави коментар|добавете коментар|"
    r"扫码关注|点击.{0,4}蓝字|点个.?在看|打开\S{0,6}app.{0,8}(?:全文|精彩|更多)\S{0,4}$|구글 뉴스에서 .{0,20}구독|네이버에서 .{0,20}구독|انتهای پیام\W*$|(?:количество )?(?:просмотров|показов)\s*:|прочетено\s*:|"
    r"fylgstu með okkur|следете н|пратите нас|tẹ̀lé wa|падпісвайцеся|падпішыцеся|пријавете се за|пријавите се на|биднийг .{2,20}дагаарай|"
    r"हामीलाई .{2,20}पछ्याउ|ຕິດຕາມພວກເຮົາ|موږ .{2,20}تعقیب کړئ|لە .{2,20}لەگەڵمان بە|"
    r"اسان کي .{2,30}فالو|פֿאָלגט אונדז|перевод (?:выполнен|сделан) |تم(?:ت)? ترجمة هذ|"
    r"(?:статья|материал|текст) (?:впервые|первоначально) (?:опублик|выш)|(?:мнение|позиция) (?:автора|редакции) может не|(?:думка|позиція) (?:автора|редакції) може не|οι απόψεις που (?:εκφράζ|δημοσιεύ)|"
    r"মতামত লেখকের|(?:本文|以上)(?:内容)?(?:仅|只)?代表作者|(?:ये|यह) लेखक के (?:निजी|अपने) विचार|डिस्क्लेमर\s?:|"
    r"εγγραφείτε (?:στο|για)|הירשמו ל|اشترك(?:وا)? (?:في|ب)\S* ?(?:نشرتنا|النشرة)|გამოიწერეთ|բաժանորդագրվ|đăng ký nhận|สมัครรับ|(?:メールマガジン|メルマガ)|e-bültenimize|返回搜狐)"
)
# Anywhere in a short line: nobody may copy it, anybody may report a mistake (two plugins, in all languages), it comes by mail.
ASIDE = re.compile(
    r"無断転載|無断複製|무단 ?전재|สงวนลิขสิทธิ์|riproduzione riservata|ctrl ?\+ ?enter|(?:फॉलो|ज्वॉ?इन|जॉइन) करें|(?:चैनल|ग्रुप) से जुड़|(?:فالو|جوائن|سبسکرائب) کریں|(?:ফলো করুন|যুক্ত হোন)|பின்தொடருங்கள்|ይቀላቀሉ|ይከተሉን|扫描二维码|ឆានែល telegram|"
    r"жазылыңыз|abunə olun|சேனலில் இணையு|ఫాలో అవ్వండి|സബ്സ്ക്രൈബ് ചെയ്യ|(?:न्युज|न्यूज़)लेटर|(?:دریافت|عضویت در) خبرنامه|ਨਾਲ ਜੁੜੋ|સાથે જોડાઓ|जॉइन करा|ተኸታተሉና|(?:telegram|whatsapp) .{0,20}obuna bo.ling|"
    r"(?:delivered|straight|sent|directly) (?:\w+ )?to your (?:inbox|e-?mail)|(?:news|headlines|stories|newsletter) .{0,30}in your inbox|by (?:signing up|subscribing|submitting|registering)\b.{0,40}you agree|"
    r"dire[ck]te?(?:ment)? (?:i (?:mejlen|inkorgen|indbakken|innboksen)|in (?:ihr|dein|je|uw) (?:e-?mail-?)?(?:postfach|inbox|mailbox)|dans votre bo.te)|"
    r"\b(?:our|unser\w*|notre|nuestro|nosso|nostro|nostre|onze?|naš\w*|nasz\w*|vår\w*|vores|наш\w*) (?:\w+ ){0,2}(?:whatsapp|telegram|viber)"
)
# A gift, and in the same short line for whom: obituaries ask for gifts, too.
GIFTS = (
    "donat",
    "contribut",
    "donaci",
    "un don",
    "doação",
    "donazione",
    "spende",
    "wesprzyj",
    "steun",
    "word vriend",
    "dukung",
    "colabora",
    "sostien",
    "chip in",
    "hazte soci",
    "podporte",
    "podprite",
    "tue riippum",
)
GIFTS_BEYOND_ASCII = (
    "unterstützen sie uns",
    "susține jurnalism",
    *"поддерж підтрим wpłać přispěj podpořte støtt bağış támogas تبرع ادعم ساهم حمایت תרמו תמכו सहयोग 支持我 ご支援 후원 στηρίξτε".split(),  # noqa: SIM905
)
PRESS = re.compile(
    r"(?:local|independent|our|nonprofit|unabhängig\w*) journalis|journalism takes|journalisme indép|periodismo indep|giornalismo indip|"
    r"jornalismo indep|no paywall|notre journal|riippumatonta journalis|nezávisl\w+ (?:žurnalist|novinár)|ne(?:od|o)visn\w+ novinar|jurnalism\w* indep|független újságír|onafhankelijke journalis|niezależn\w+ dziennikar|незалежн\w+ журналіст|независим\w+ журналист|\b(?:our|this) (?:reporting|newsroom)|"
    r"(?:news|stories) (?:stay )?free|stories like|dieser artikel|unsere arbeit|cet article|este artículo|"
    # Its readers, and those who write it.
    r"readers like you|reader-(?:funded|supported)|czytelnik|redakcj|\blezers|čtenář|читач|читател|редакці|редакцию|läsare|læsere|lesere|cititori|"
    r"okurları|قرائنا|خوانندگان|הקוראים|पाठकों|读者|讀者|読者|독자|bạn đọc|pembaca|αναγνώστ|nuestros lectores|leitores|lettori|ผู้อ่าน"
)
CREDIT = re.compile(
    r"(?:photo(?:graph)?s?|image|picture|credit|courtesy|foto|bild|quelle|crédits?|fuente|источник|фото|写真|图)\s*"
    r"(?:\(s\))?\s*(?:credit|courtesy|by|von|par|de|of)?\s*[:：/]|getty images|shutterstock|reuters/|/ ?(?:ap|afp|dpa)\b|"
    r"\(ap photo|(?:photo|image|courtesy) (?:by|of|courtesy)\b|©",
)
# A caption ends with the name of who made the picture; "a photo by" in the midst of a sentence is part of it.
_PICTURE = r"(?:photo(?:graph)?s?|image|picture|pic|foto|bild|crédits? photo|fotografía|фото|写真|图|圖|(?:ال)?صورة|צילום|φωτ(?:ό|ο|ογραφία)|fotoğraf|zdjęcie|kuva|ảnh|사진|ภาพ|फोटो|fotó|снимка|picha|ფოტო|լուսանկարը|ፎቶ|រូបថត|ছবি|படம்|تصویر|عکس|сурет|расм|гэрэл зур\w+|argazkia|ljósmynd|llun|sawir|hoto|àwòrán|तस्[बव][िी]र|ചിത്രം|ఫొటో)(?: credit| courtesy)?"
CAPTION = re.compile(
    rf"(?:(?:^|[\s(.|—–-]){_PICTURE}\s*[:：/՝፦៖]|(?:^|[(.!?|—–”\"-]\s*){_PICTURE}\s(?:by|von|par|por|di|courtesy of)\s)"
    r"\s*[^.:;]{2,60}[.)\]]?$|[\s(（][\u4e00-\u9fff]{2,4} ?摄[)）]?$"
)
DATE = re.compile(
    r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.h]\d\d\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\b\d+ (?:min|hour|day|week|month|year)s?\b|年",
)
URL_END = re.compile(r"https?://\S+\W*$")


def related(text: str) -> re.Match[str] | None:
    """The words at the beginning of a line, in lower case, that lead elsewhere."""
    return _RELATED.match(text) or (_RELATED_BEYOND_ASCII.match(text) if not text.isascii() else None)


@lru_cache(1_000)  # the scorer and the decision ask about the same lines
def is_prompt(text: str) -> bool:
    """Whether a line, in lower case, asks its reader for something, or is the site's around the article."""
    return bool(_PROMPT.match(text) or (not text.isascii() and _PROMPT_BEYOND_ASCII.match(text)))
