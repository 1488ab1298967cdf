"""What the English teaching stories are made of: tables of things that go together, and story frames.

A table's first line names its columns; a story draws one row of each table it speaks of, so that a baker bakes
bread from the first sentence to the last. A frame is one story, a line a sentence; `/` separates ways of saying
it, `?` marks a sentence that is left out half the time, `*` a story that is told three times as often. `{name}`, `{he}`, `{him}`, `{his}` are the first person,
`{friend}`, `{she}`, `{her}` (her or him), `{hers}` (her or his) the second.
"""

from __future__ import annotations

WOMEN = "Anna Mary Lucy Emma Sarah Alice Julia Nina Clara Rose Helen Laura Ella Grace Ruth Eva"
MEN = "Tom Peter John Paul Max Jack Henry David Simon Oscar Adam Mark Frank Leo Martin George"

TABLES = {
    "day": "day; Monday; Tuesday; Wednesday; Thursday; Friday; Saturday; Sunday",
    "color": "color; red; blue; green; yellow; white; black; brown; grey",
    "relative": "relative; mother; father; sister; brother; uncle; aunt; grandmother; grandfather; cousin; neighbour",
    "number": "number; two; three; four; five; six; seven; eight; nine; ten; twelve",
    "animal": """animal | sound | food | home | young | habit
        dog | barked | a bone | kennel | six puppies | wagged its tail
        cat | meowed | some fish | basket | five kittens | licked its paws
        horse | neighed | some hay | stable | a foal | shook its mane
        cow | mooed | fresh grass | barn | a calf | chewed slowly
        sheep | bleated | green clover | fold | two lambs | followed the others
        hen | clucked | some grain | coop | eight chicks | scratched the ground
        duck | quacked | old bread | pond | seven ducklings | shook its feathers""",
    "weather": """weather | event | thing | effect | wear
        rainy | rain fell without a break | an umbrella | the streets were wet | raincoat
        snowy | snow covered the roofs | a sledge | the streets were white | scarf
        sunny | the sun shone brightly | a hat | the streets were dry | jersey
        windy | the wind shook the trees | a kite | the leaves flew away | jacket
        foggy | fog hid the hills | a lamp | nobody could see far | cap
        stormy | thunder rolled over the town | a candle | the lights went out | coat
        cold | ice covered the windows | a pair of gloves | the pond was frozen | pullover
        hot | the air was still and dry | a bottle of water | the grass turned brown | shirt""",
    "job": """job | at | work | tool | product | deed
        baker | at | bakery | rolling pin | bread | baked bread
        doctor | at | hospital | thermometer | medicine | helped sick people
        teacher | at | school | blackboard | lessons | taught the children
        farmer | on | farm | tractor | corn | worked in the fields
        fisherman | at | harbour | net | fish | caught fish
        cook | at | restaurant | pan | soup | cooked soup
        singer | at | theatre | microphone | songs | sang songs
        painter | in | studio | brush | pictures | painted pictures
        gardener | in | garden | spade | flowers | planted flowers
        carpenter | in | workshop | hammer | tables | built tables
        pilot | in | hangar | headset | flights | flew planes""",
    "trip": """vehicle | stop | driver | place | seen
        train | station | conductor | window | fields and villages
        plane | airport | steward | seat | clouds and mountains
        ship | harbour | captain | deck | waves and islands
        bus | bus stop | driver | back row | shops and houses
        boat | pier | sailor | bench | reeds and swans""",
    "country": """country | capital | language | meal
        France | Paris | French | cheese
        China | Beijing | Chinese | dumplings
        Japan | Tokyo | Japanese | rice
        Italy | Rome | Italian | pasta
        Spain | Madrid | Spanish | olives
        England | London | English | pudding
        Germany | Berlin | German | sausages""",
    "fruit": """fruit | fruits | hue | taste | grows
        apple | apples | red | sweet | on a tree
        cherry | cherries | red | sweet | on a tree
        lemon | lemons | yellow | sour | on a tree
        banana | bananas | yellow | soft | in hot countries
        strawberry | strawberries | red | juicy | on the ground
        plum | plums | purple | juicy | on a tree
        pear | pears | green | sweet | on a tree""",
    "dish": """dish | first | second | pot | extra
        soup | carrots | onions | pot | salt
        cake | eggs | flour | oven | sugar
        salad | tomatoes | cucumbers | bowl | oil
        curry | rice | chicken | pot | pepper
        stew | meat | potatoes | pot | herbs
        pizza | dough | cheese | oven | olives""",
    "sport": """sport | gear | field | act | win
        football | ball | stadium | kicked the ball | scored a goal
        tennis | racket | court | hit the ball over the net | won the last set
        basketball | ball | gym | threw the ball | made the last basket
        chess | board | club | moved the queen | checkmated the king
        hockey | stick | ice rink | shot the puck | scored a goal""",
    "music": """instrument | music | played
        piano | a slow waltz | pressed the keys
        violin | an old dance | moved the bow
        guitar | a love song | touched the strings
        drum | a loud march | beat the rhythm
        flute | a quiet song | blew softly""",
    "season": """season | sky | land | doing
        spring | mild | the first flowers opened | planted seeds
        summer | hot | the corn stood high | swam in the lake
        autumn | cool | the leaves turned yellow | picked apples
        winter | icy | snow lay on the hills | skated on the pond""",
    "illness": """illness | sign | cure | healer
        cold | nose | hot tea | doctor
        fever | head | cool water | doctor
        toothache | tooth | a filling | dentist
        cough | throat | warm honey | doctor
        twisted ankle | ankle | a bandage | nurse""",
    "shop": """shop | ware | other | seller
        bakery | bread | rolls | baker
        butcher's | meat | sausages | butcher
        toy shop | a doll | a kite | shopkeeper
        bookshop | a novel | a map | bookseller
        shoe shop | boots | sandals | shopkeeper
        flower shop | roses | tulips | florist
        market | cabbage | potatoes | farmer
        jeweller's | a ring | a watch | jeweller""",
    "lost": """item | spot
        key | under the mat
        wallet | in the car
        phone | on the sofa
        glove | in the snow
        ticket | in the coat pocket
        book | under the bed
        scarf | behind the door
        ball | in the bushes""",
    "space": """body | look
        moon | round and white
        comet | long and bright
        first star | small and clear""",
    "gift": "gift; a doll; a novel; a scarf; a watch; a ring; a kite; a camera; a teapot; a puzzle; a lamp",
}

FRAMES = """
* {name} had a {animal}. / {name} kept a {animal} at home. / There was a {animal} in the yard of {name}.
Every morning {he} gave the {animal} {food}. / The {animal} liked to eat {food}.
The {animal} {sound} when it saw {him}. / The {animal} was hungry and {sound}. / When {he} came home, the {animal} {sound}.
? Then it {habit}. / After that the {animal} {habit}.
At night the {animal} slept in its {home}. / The {animal} had a warm {home}.
? In May the {animal} had {young}. / One day there was something new in the {home}: {young}.

* The {animal} of {name} was gone. / One {day} the {animal} ran away.
{name} looked for it in the {home}, but it was empty. / The {home} was empty and {name} was sad.
{He} put {food} in front of the {home}. / {He} called the {animal} again and again.
In the evening something {sound} outside. / At last {he} heard how it {sound}.
The {animal} came back and {habit}. / It was the {animal}, and {he} was happy again.

* It was a {weather} {day}. / On {day} the weather was {weather}. / The {day} was {weather}.
All morning {event}. / {name} saw from the window that {event}.
? By noon {effect}. / Soon {effect}.
{name} took {thing} and went out. / {name} did not go out without {thing}.
{He} was wearing a {color} {wear}. / {He} put on {his} {color} {wear}.
In the evening {he} was tired and went to bed early. / {He} came home and sat by the fire.

* {name} is a {job}. / {name} works as a {job}. / The {relative} of {name} wanted {him} to be a {job}.
{He} goes to the {work} every morning. / {He} works {at} the {work} from {day} on.
A {job} needs a good {tool}. / {His} most important tool is the {tool}.
? Yesterday {he} {deed}. / All day long {he} {deed}.
People come to the {work} because of the {product}. / Everybody in town knows {his} {product}.
{He} likes to be a {job}. / In the evening {he} leaves the {work} and goes home.

{name} wanted to become a {job}. / As a child {name} dreamed of being a {job}.
{His} {relative} gave {him} a {tool}. / With the first money {he} bought a {tool}.
For {number} years {he} learned everything about {product}. / {He} asked an old {job} many questions.
Today {he} has a {work} in the old town. / Now {he} works {at} a large {work}.

{name} wanted to go to {capital} by {vehicle}. / {name} travelled to {capital} by {vehicle}.
{He} went to the {stop} early and bought a ticket. / {He} waited at the {stop} for an hour.
The {vehicle} was late again. / The {vehicle} left on time.
The {driver} greeted all passengers. / The {driver} checked the tickets.
From the {place} {he} saw {seen}. / {He} sat still and looked at {seen}.
In {capital} {friend} was waiting for {him}. / {name} arrived in {capital} in the evening.

* {capital} is the capital of {country}. / The capital of {country} is {capital}.
In {country} people speak {language}. / Most people in {capital} speak {language}.
{friend} is from {country} and likes {meal}. / In {capital} they love to eat {meal}. / {name} flew to {capital}, the capital of {country}.
? Many visitors come to {capital} every year. / {capital} is a large and old city.
{name} flew to {country} to learn {language}. / {name} is learning {language} because {he} wants to live in {country}.

* {name} picked {fruits} in the garden. / There were many {fruits} in the garden of {name}.
The {fruits} were {hue} and {taste}. / A ripe {fruit} is {hue} and {taste}.
The {fruit} grows {grows}. / As everyone knows, {fruits} grow {grows}.
{He} put {number} {fruits} into a basket. / {He} gave {friend} the best {fruit}.
{friend} said that the {fruit} was very {taste}. / Together they ate all the {fruits}.

{name} was hungry and made {dish}. / Today {name} is making {dish}.
First {he} took {first} and {second}. / For {dish} one needs {first} and {second}.
Then {he} put everything into the {pot}. / {He} mixed the {first} with the {second}.
? {He} added a little {extra}. / It needed some more {extra}.
The {dish} smelled very good. / After half an hour the {dish} was ready.
{friend} came and ate with {him}. / {name} and {friend} sat at the table and ate.

{name} plays {sport} every {day}. / {name} and {friend} like to play {sport}.
They meet at the {field} in the afternoon. / The {field} is near the river.
{name} {act}. / {friend} brought the {gear} and {name} {act}.
In the last minute {friend} {win}. / At the end {friend} {win}.
{name} lost the game, but {he} was not angry. / {friend} won the game and {she} was proud.

{name} got a {instrument} from {his} {relative}. / {name} is learning to play the {instrument}.
{He} practised every day after school. / Every evening {he} practised for an hour.
{He} sat down with the {instrument} and {played}. / {His} teacher showed how one {played}.
On {day} {he} gave a concert and played {music}. / {name} played {music} on the {instrument}.
The audience clapped for a long time. / Everybody listened and was quiet.

It was {season}. / {season} had come to the village. / At last it was {season}.
The air was {sky} and {land}. / In {season} the air is {sky}.
All around {land}. / From the hill one could see that {land}.
{name} and {friend} {doing}. / Every day the children {doing}.
{name} likes {season} more than any other time of the year. / The days of {season} passed quickly.

{name} was ill. / {name} had a {illness}. / {name} could not go to school because {he} had a {illness}.
{His} {sign} hurt all night. / {He} could not sleep because {his} {sign} hurt.
{His} {relative} called the {healer}. / In the morning {he} went to the {healer}.
The {healer} said that it was a {illness}. / The {healer} looked at {his} {sign} and gave {him} {cure}.
The best help against a {illness} is {cure}. / {name} got {cure} and stayed in bed.
After {number} days {he} was well again. / Soon the {sign} did not hurt any more.

{name} went to the {shop}. / On {day} {name} went to the {shop} with {friend}.
{He} wanted to buy {ware}. / {He} was looking for {ware}.
The {seller} showed {him} {ware} and {other}. / The {seller} had {ware}, but not {other}.
How much is it, asked {name}. / It was not cheap, but {he} liked it.
{He} paid {number} dollars to the {seller}. / The {seller} asked for {number} dollars.
{He} left the {shop} with {ware} under {his} arm. / At home {he} unpacked {ware}.

{name} could not find {his} {item}. / {name} had lost {his} {item}.
{He} looked everywhere in the house. / Where is my {item}, asked {name}.
{friend} helped {him} to search. / {friend} asked where {he} had seen the {item} last.
At last {she} found the {item} {spot}. / The {item} was {spot} all the time.
{name} thanked {friend} and laughed. / From then on {he} took better care of the {item}.

It was {friend}'s birthday. / On {day} {friend} had {hers} birthday.
{name} bought {her} {gift} as a present. / {name} made {her} a cake with {number} candles.
The guests sang a song for {friend}. / All guests came with a present for {friend}.
{friend} blew out the candles and smiled. / {friend} opened the present and was happy.
? They danced until midnight. / After the cake they played games.

{name} needed money for a {color} car. / {name} wanted to save some money.
{He} went to the bank and opened an account. / {He} put {number} hundred dollars in the bank.
The bank lent {him} some money. / The clerk at the bank counted the coins.
? The bank on the main street closes at five. / There was a long line in front of the bank.
Every month {he} pays money to the bank. / Now {his} savings are safe in the bank.

{name} and {friend} walked along the river. / {name} went down to the river to fish.
They sat on the bank and watched the water. / The grass on the bank of the river was wet.
A boat drifted slowly to the bank. / Old trees grew on the muddy bank of the river.
? A swan swam from one bank to the other. / The river was deep near the bank.
{name} caught a fish and pulled it up the bank. / {friend} jumped from the bank into the water.

At night {name} went into a dark cave. / It was dark and {name} sat in front of the old tower.
A bat flew over {his} head. / A small bat hung from the ceiling of the cave.
The bat spread its wings and hunted insects. / A bat sleeps during the day with its head down.
? {friend} was afraid of the bat. / The bat has fur and large ears.
The bat flew away into the night. / In the morning the bat came back to the cave.

The baseball game began at {number}. / {name} plays baseball for the school team.
{name} took the bat and waited for the ball. / {He} held the wooden bat with both hands.
{friend} threw the ball and {name} swung the bat. / {name} hit the ball hard with the bat.
? The bat broke in two. / {His} new bat is made of wood.
The ball flew over the fence and the team won. / {He} dropped the bat and ran to the base.

The cat was sitting in front of a hole. / There was a hole in the wall of the kitchen.
A little mouse looked out of the hole. / In the hole lived a grey mouse.
The mouse wanted to eat the cheese. / The mouse smelled the cheese in the kitchen.
The cat jumped, but the mouse was faster. / The cat chased the mouse across the kitchen.
The mouse ran back into its hole. / The mouse was safe and the cat was hungry.

{name} sat at the computer. / {name} turned on the computer in the office.
{He} clicked on the screen with the mouse. / {He} moved the mouse to the corner of the screen.
The mouse did not work any more. / The cable of the mouse was broken.
{He} bought a new mouse and a keyboard. / {friend} gave {him} a mouse without a cable.
Now the computer can be used again. / {He} clicked the mouse and opened the letter.

The room was dark and cold. / {name} wanted to make a fire.
{He} lit a match. / {He} took a match out of the box.
The match burned {his} finger. / The wind blew the match out.
With the last match {he} lit a candle. / At last the match lit the wood in the stove.
Soon the fire was warm and bright. / The candle burned on the table.

The two teams met for the match. / On {day} there was a match in the stadium.
The match began at {number} in the evening. / Many fans came to see the match.
{name} played very well in the match. / In the second half of the match {name} scored a goal.
The team won the match. / The match ended in a draw.
After the match the fans sang in the streets. / The coach was proud after the match.

{name} heard the clock stop. / The old clock of {name} did not go any more.
A steel spring inside it was broken. / {He} opened it and saw a loose spring.
{He} took the spring out with care. / {He} bent the spring and pressed it down.
The watchmaker put in a new spring. / With a new spring the clock ticked again.

The sun went down behind the hills. / The sun was setting over the sea.
The sky turned red and then dark. / Slowly the sky turned red.
The birds fell silent. / The birds flew back to their nests.
The {body} rose in the sky, {look}. / Then the {body} appeared, {look}.
{name} looked at the sky and thought of {friend}. / {name} looked at the stars until {he} fell asleep.

{name} opened the door and walked into the classroom. / The school day began at eight.
The teacher wrote a sentence on the board. / The teacher asked {name} a question.
{name} knew the answer and raised {his} hand. / {name} did not know the answer.
The pupils opened their books and read. / The pupils did their homework and wrote a test.
The bell rang and the lesson was over. / After school {name} went home with {friend}.

{name} read a book about the {body}. / {name} went to the library to read about the {body}.
It is {look}, the book said. / In the book there was a picture of the {body}.
{He} turned the pages until late at night. / {He} could not stop reading.
The next day {he} told {friend} about the book. / {friend} wanted to read the book too.

{name} wrote a letter to {friend}. / {friend} had not heard from {name} for {number} weeks.
{He} put a stamp on the letter. / {He} took a pen and paper and wrote about {his} {relative}.
The postman brought the letter to {friend}. / The letter was in the box on {day}.
{friend} read the letter and answered at once. / {friend} opened the letter and smiled.

{name} moved into a new house. / The house of {name} was old.
{He} painted the door {color}. / The walls were {color} and the roof was {hue}.
{friend} helped {him} to carry the table and the chairs. / In the kitchen there was a table with {number} chairs.
In the bedroom {he} put a bed and a lamp. / The lamp in the bedroom gave a warm light.
At last {he} sat down in {his} own house. / {name} and {friend} drank tea in the new kitchen.
"""
