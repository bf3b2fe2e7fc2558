"""A labelled set, of our own writing: pairs that are one announcement, and pairs that are two.

Each post is a text; where it has a title, this stands before a line of its own (``---``). Addresses
in the text become links, as they do on networks.
"""

CROSS_POSTS: dict[str, tuple[str, str]] = {
    "the same words": (
        "Our new infusion rooms open today. Come and have a look with us.",
        "Our new infusion rooms open today. Come and have a look with us.",
    ),
    "three words of greeting": ("Happy Thanksgiving, everyone! 🍂", "Happy Thanksgiving everyone"),
    "hashtags at the end": (
        "Walking every day makes chemotherapy easier to bear, our nurses found.",
        "Walking every day makes chemotherapy easier to bear, our nurses found. #Cancer #OncNursing",
    ),
    "other hashtags on each": (
        "Sleep is half of the cure: five tips from our night nurses. #MedSky",
        "Sleep is half of the cure: five tips from our night nurses. #sleep #hospital #nursing",
    ),
    "words made hashtags": (
        "Today is World Cancer Day. We thank everyone who gave blood this year.",
        "Today is #WorldCancerDay. We thank everyone who gave blood this year.",
    ),
    "emoji": (
        "🎉 Our choir sings in the atrium at noon, and everyone is welcome! 🎶",
        "Our choir sings in the atrium at noon, and everyone is welcome!",
    ),
    "a link and a call to read": (
        "How do you tell your children that you are ill? Our social workers have advice. "
        "Read more: https://www.example.org/children",
        "How do you tell your children that you are ill? Our social workers have advice. "
        "https://example.org/children/",
    ),
    "cut at a word": (
        "Our researchers have found why some tumours return years after treatment, and how a "
        "simple blood test could tell us long before a scan does.",
        "Our researchers have found why some tumours return years after treatment, and how a…",
    ),
    "cut within a word": (
        "Our researchers have found why some tumours return years after treatment, and what helps.",
        "Our researchers have found why some tumours return years after treat… "
        "https://www.example.org/return",
    ),
    "cut by three dots before a link": (
        "Every autumn our volunteers plant a tree for each patient who rang the bell this year. "
        "This time it was four hundred of them, and the whole town came to dig.",
        "Every autumn our volunteers plant a tree for each patient who rang the bell... "
        "Full story: https://www.example.org/trees",
    ),
    "link in bio": (
        "Five recipes that taste of something when nothing does, from our kitchen.",
        "Five recipes that taste of something when nothing does, from our kitchen. Link in bio!",
    ),
    "another closing sentence": (
        "Dr. Rivera joins us as head of the children's clinic. She worked in Madrid for ten years.",
        "Dr. Rivera joins us as head of the children's clinic. She worked in Madrid for ten years. "
        "Welcome, Dr. Rivera!",
    ),
    "a sentence more in the middle": (
        "We opened a garden on the roof. It is for patients and their visitors at any hour.",
        "We opened a garden on the roof. Bees live there! It is for patients and their visitors at "
        "any hour.",
    ),
    "a lead-in": (
        "New on our blog: What to pack for a week in hospital. https://www.example.org/pack",
        "What to pack for a week in hospital https://www.example.org/pack",
    ),
    "a mention where the other has the name": (
        "Congratulations to Dana Rivera, who received the Silver Ribbon for her work on pain.",
        "Congratulations to @drivera@social.example, who received the Silver Ribbon for her work on "
        "pain.",
    ),
    "two handles of one person": (
        "Tonight @danarivera.sky.example answers your questions on fatigue, live from the library.",
        "Tonight @danarivera@social.example answers your questions on fatigue, live from the "
        "library.",
    ),
    "initials of an institution": (
        "Together with @EHO we have opened a line that answers in eleven languages at night.",
        "Together with European Health Office we have opened a line that answers in eleven "
        "languages at night.",
    ),
    "mentions at the end": (
        "Three young doctors won this year's prize for the best idea in palliative care.",
        "Three young doctors won this year's prize for the best idea in palliative care. "
        "@hospice@social.example @prize@social.example",
    ),
    "other quotation marks and dashes": (
        'She says: "I didn\'t know how strong I was" - and she means it, every word of it.',
        "She says: “I didn’t know how strong I was” – and she means it, every word of it.",
    ),
    "and or an ampersand": (
        "Music & movement for patients & families, in the atrium, all week long.",
        "Music and movement for patients and families, in the atrium, all week long.",
    ),
    "short names of days and months": (
        "Free skin checks on Tue, 3 Mar in the lobby, no appointment needed.",
        "Free skin checks on Tuesday, 3 March in the lobby, no appointment needed.",
    ),
    "time written together": (
        "Doors open at 10am, the talk on nutrition begins at 11am in the large hall.",
        "Doors open at 10 am, the talk on nutrition begins at 11 am in the large hall.",
    ),
    "letters in bold": (
        "𝗧𝗵𝗲 𝗻𝗲𝘄 𝘄𝗶𝗻𝗴 is open: forty rooms, each of them with a view of the river.",
        "The new wing is open: forty rooms, each of them with a view of the river.",
    ),
    "an article and a note with its title": (
        "What we learned from a thousand letters\n---\nFor a year we asked patients to write to us. "
        "This is what they wrote, in their own words.",
        "What we learned from a thousand letters https://article.example/1",
    ),
    "a film and a note with its title": (
        "How a bone marrow donation works\n---\nDana gave bone marrow to somebody she never met. "
        "She tells us how it was. More films: https://www.example.org/films",
        "Watch: How a bone marrow donation works https://www.example.org/films",
    ),
    "trackers and www in the link": (
        "Our annual report is out https://www.example.org/report-2026",
        "Our annual report is out! https://example.org/report-2026/ #transparency",
    ),
    "a shortened link": (
        "Clinical trials, explained by people who took part in one https://bit.ly/3xAmpl3",
        "Clinical trials, explained by people who took part in one https://www.example.org/trials",
    ),
    "Spanish": (
        "Hablar del cáncer con los niños: cinco consejos de nuestras psicólogas. Leer más aquí: "
        "https://www.example.org/es/ninos",
        "Hablar del cáncer con los niños: cinco consejos de nuestras psicólogas #cáncer",
    ),
    "Japanese": (
        "病院の屋上に新しい庭ができました。患者さんとご家族の皆さま、どうぞお越しください。",
        "病院の屋上に新しい庭ができました。患者さんとご家族の皆さま、どうぞお越しください。#庭",
    ),
    "an article on two sites, in slightly different forms": (
        "What to pack for a week in hospital\n---\nYour own pillow. A long cable. Something to "
        "laugh about, and somebody to laugh with. That is all you need.",
        "What to pack for a week in hospital\n---\nYour own pillow! A long cable! Something to "
        "laugh about, and somebody to laugh with – that is all you need! Read more here.",
    ),
    "a long version elsewhere": (
        "Our lab found a protein that wakes sleeping tumour cells. The work took nine years and "
        "begins to bear fruit. Patients who lack the protein stay well for longer.",
        "Our lab found a protein that wakes sleeping tumour cells. The work took nine years and "
        "begins to bear fruit.",
    ),
}

LOOK_ALIKES: dict[str, tuple[str, str]] = {
    "a weekly series by its date": (
        "Yoga for patients on Tuesday 3 March at noon in the atrium. Mats are there.",
        "Yoga for patients on Tuesday 10 March at noon in the atrium. Mats are there.",
    ),
    "a weekly series by its day": (
        "Yoga for patients on Tuesday at noon in the atrium. Mats are there.",
        "Yoga for patients on Thursday at noon in the atrium. Mats are there.",
    ),
    "a clinic in another town": (
        "The clinic in Springfield is closed on Monday because of the snow.",
        "The clinic in Shelbyville is closed on Monday because of the snow.",
    ),
    "a clinic in another town, cut": (
        "Because of the snow that fell tonight the clinic in Springfield is clo…",
        "Because of the snow that fell tonight the clinic in Shelbyville is closed on Monday.",
    ),
    "the town in front": (
        "Springfield: the clinic is closed on Monday because of the snow.",
        "Shelbyville: the clinic is closed on Monday because of the snow.",
    ),
    "one house of two": (
        "The clinic is closed on Monday because of the snow, and opens on the day after.",
        "The North clinic is closed on Monday because of the snow, and opens on the day after.",
    ),
    "open and not open": (
        "The emergency room in the old building is open over the holidays.",
        "The emergency room in the old building is not open over the holidays.",
    ),
    "closed and open again": (
        "The car park on River Street is closed until further notice.",
        "The car park on River Street is open until further notice.",
    ),
    "another hour": (
        "Tours of the new wing start at 2 pm at the main entrance, for everyone.",
        "Tours of the new wing start at 4 pm at the main entrance, for everyone.",
    ),
    "half an hour later": (
        "Yoga for patients and their families in the atrium, today at 10.",
        "Yoga for patients and their families in the atrium, today at 10.30.",
    ),
    "other hours, written with a stroke": (
        "Tours of the new wing start at 10.30/11.30 at the main entrance.",
        "Tours of the new wing start at 14.30/15.30 at the main entrance.",
    ),
    "another number of the same bulletin": (
        "Bulletin 41 is out: what our laboratories did this month, in ten pages.",
        "Bulletin 42 is out: what our laboratories did this month, in ten pages.",
    ),
    "another person of a portrait series": (
        "Meet our team: today Dana Rivera, who has worked in the pharmacy for twenty years.",
        "Meet our team: today Kim Lee, who has worked in the laboratory for six years.",
    ),
    "another person, all else equal": (
        "Congratulations to Dana Rivera on the award for young researchers in oncology!",
        "Congratulations to Kim Lee on the award for young researchers in oncology!",
    ),
    "another account": (
        "Congratulations to @drivera on the award for young researchers in oncology!",
        "Congratulations to @kimlee.sky.example on the award for young researchers in oncology!",
    ),
    "an account and another name": (
        "Congratulations to @drivera on the award for young researchers in oncology!",
        "Congratulations to Kim Lee on the award for young researchers in oncology!",
    ),
    "the same hashtag of a campaign": (
        "Ask your doctor about screening. It may save your life. #ScreeningSavesLives",
        "My mother never missed a check, and here is why that matters. #ScreeningSavesLives",
    ),
    "the same link with other words": (
        "Every gift helps: this is how we use what you give. https://www.example.org/give",
        "Run with us in May, for those who cannot! https://www.example.org/give",
    ),
    "the same words with another link": (
        "We are hiring! See what the post is about and apply. https://www.example.org/jobs/nurse",
        "We are hiring! See what the post is about and apply. https://www.example.org/jobs/cook",
    ),
    "a bare link": ("https://www.example.org/give", "https://www.example.org/give"),
    "a few words in common": ("Join us today!", "Join us today for a talk on nutrition!"),
    "a sentence of a long article": (
        "Sleep is half of the cure, as every nurse knows.",
        "A night on ward nine\n---\nWe spent a night with the nurses. "
        + "They walked nine miles and drank six coffees, and they told us much. " * 6
        + "Sleep is half of the cure, as every nurse knows. "
        + "In the morning the sun came up over the car park. " * 6,
    ),
    "the same closing lines": (
        "Flu shots start today. Questions? Call our help line at any hour, we are here for you.",
        "Visiting hours change in May. Questions? Call our help line at any hour, we are here for "
        "you.",
    ),
    "one has the first lines, one the last": (
        "Flu shots start today. Call our help line at any hour, we are here for you.",
        "Call our help line at any hour, we are here for you. Visiting hours change in May.",
    ),
    "another hashtag in the middle": (
        "Come to our #Yoga class in the atrium, free for all patients and their families.",
        "Come to our #Pilates class in the atrium, free for all patients and their families.",
    ),
    "the same beginning, another end": (
        "It is Nurses' Week, and we want to say thank you to those who work at night.",
        "It is Nurses' Week, and we want to say thank you to those who teach.",
    ),
    "a translation": (
        "Our new infusion rooms open today. Come and have a look with us.",
        "Nuestras nuevas salas de infusión abren hoy. Venga a verlas con nosotros.",
    ),
    "other figures": (
        "Nine out of ten children with this leukaemia are cured today, our study shows.",
        "Seven out of ten children with this leukaemia are cured today, our study shows.",
    ),
    "another drug of the same news": (
        "The agency has approved asparaginib for adults with follicular lymphoma.",
        "The agency has approved berolisib for adults with follicular lymphoma.",
    ),
    "another floor, in Japanese": (
        "三階の外来受付は月曜日に休診いたします。ご不便をおかけいたします。",
        "五階の外来受付は月曜日に休診いたします。ご不便をおかけいたします。",
    ),
    "the first part and the second": (
        "What chemotherapy does to your taste, part 1: salt. From our kitchen, every Friday.",
        "What chemotherapy does to your taste, part 2: sweet. From our kitchen, every Friday.",
    ),
    "registration open and full": (
        "Our summer camp for brothers and sisters of patients: registration is open.",
        "Our summer camp for brothers and sisters of patients: registration is full.",
    ),
}
